import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as minikube from '../../stack/cluster/minikube';
import { removeRegistry } from '../../stack/cluster/minikubeRegistry';
import { readConfiguration } from '../cli/shared/configuration';
import { ProjectCopy } from '../projectCopy';

/** A copy of the project with a state and a cluster of its own. Its ports are those of `files`, or free ones that `npm run up` selects. */
export async function makeTemporaryStack(
  stack: string,
  files: Readonly<Record<string, string>> = {},
): Promise<ProjectCopy> {
  const { PULUMI_BACKEND_URL: _url, PULUMI_CONFIG_PASSPHRASE_FILE: _file, ...inherited } = process.env;
  const environment = { ...inherited, PULUMI_CONFIG_PASSPHRASE: 'of a temporary stack' };
  const project = await ProjectCopy.make({ stack, environment, files });
  await mkdir(join(project.folder, '.pulumi'), { recursive: true });
  return project;
}

/** Deletes stack, cluster and sources, whatever their state: also after a kill, and without a readable state. */
export async function removeTemporaryStack(project: ProjectCopy): Promise<void> {
  await project.end();
  await project.startPulumi('cancel', '--yes'); // removes the lock of a killed run
  await project.startPulumi('destroy', '--yes', '--skip-preview');
  // The state may be unreadable, or not include the cluster yet.
  const { cluster } = await readConfiguration(project.folder, project.stack);
  if (cluster.kind === 'minikube') {
    await removeRegistry(cluster.profile); // first, as Minikube keeps a network that is in use
    await minikube.remove(cluster.profile);
  }
  await project.remove();
}
