import { spawnSync } from 'node:child_process';
import { ProjectCopy } from '../../../tools/projectCopy';
import { project as name } from '../../stack/support/source';

/** Ports and names of its own: a developer's own stack may run beside the tests. */
export const stack = 'e2e';
export const profile = `${name}-${stack}`;
export const ports = { nodePort: '30600', registryPort: '5600' };
export const url = `http://127.0.0.1:${ports.nodePort}`;

/** Programs that the tests need, with a command that succeeds where they can be used. */
const programs = { docker: 'info', minikube: 'version', pulumi: 'version' };

/** Skips the tests of `context` where a program that they need can't be run, or one of `others` is missing. Says which. */
export function skipUnlessRunnable(context: Mocha.Context, others: readonly string[] = []): void {
  const runs = (program: string, command: string) => spawnSync(program, [command], { stdio: 'ignore' }).status === 0;
  const unusable = Object.entries(programs).filter(([program, command]) => !runs(program, command));
  const missing = [...unusable.map(([program]) => program), ...others];
  if (missing.length === 0) return;
  console.log(`    skipped, as these can't be had: ${missing.join(', ')}`);
  context.skip();
}

/** A copy of the project, committed to git, with a stack of its own, used as a person would: through `npm run` and `pulumi`. */
export async function copyProject(): Promise<ProjectCopy> {
  const settings = Object.entries(ports).map(([key, port]) => `  ${name}:${key}: "${port}"\n`);
  const environment = { ...process.env, PULUMI_CONFIG_PASSPHRASE: 'of the tests' };
  const files = { [`Pulumi.${stack}.yaml`]: `config:\n${settings.join('')}` };
  const project = await ProjectCopy.make({ stack, environment, files });
  for (const file of ['.gitignore', '.pulumi/.gitignore']) await project.restore(file);
  await project.run('git', ['init', '--quiet']);
  await project.run('git', ['add', '--all']);
  const author = ['-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost'];
  await project.run('git', [...author, 'commit', '--quiet', '--message=as cloned']);
  return project;
}
