import { readFile } from 'node:fs/promises';
import type { ProjectCopy } from '../../../tools/projectCopy';

/** Adds to `project` the services of docs/your-service.md, as a user does who copies its blocks of code, and Redis for shop. */
export async function addDocumentedServices(project: Pick<ProjectCopy, 'edit'>): Promise<void> {
  const text = await readFile('docs/your-service.md', 'utf8');
  const [services = '', cache = ''] = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);
  const importOf = (name: string, path: string): string => `import { ${name} } from '${path}';\n`;
  const changes = [
    [
      'import * as pulumi',
      `${importOf('Redis', '../examples/redis')}${importOf('Worker', './workloads/scaledDeployment')}$&`,
    ],
    ['    const connections =', `${cache}$&`],
    ['    cluster.recordLocation(', `${services}$&`],
    ['WEB_URL: web }', 'WEB_URL: web, REDIS_URL: cache }'],
    ["{ kind: 'cluster' }", "{ kind: 'nodePort', host: '127.0.0.1', nodePort: 30601 }"],
    ['health: endpoint.health }', '$&, shop: { url: shopEndpoint.url, health: shopEndpoint.health }'],
  ] as const;
  for (const [before, after] of changes)
    await project.edit(
      'stack/index.ts',
      before,
      after.replace('$&', () => before),
    );
}
