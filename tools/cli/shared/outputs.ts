import { parse } from 'yaml';
import { type Kubeconfig, minify } from '../../../stack/cluster/kubeconfig';
import { requirePrograms } from '../programs/programs';
import { providePassphrase } from './backend';
import { messageOf, npmRun, root } from './cli';
import { pulumi } from './pulumi';

/** What a stack has put out, as far as the commands need it. */
export interface StackOutputs {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly url: string;
  /** Image that the service's pods run, by digest. */
  readonly imageDigest: string;
  /** The Minikube profile, or the context of an existing cluster. The kubeconfig's context has the same name. */
  readonly profile: string;
}

/**
 * What `stack` has put out, its secrets decrypted.
 * @throws an Error with what to do if there is no such stack, or it has no cluster yet.
 */
export async function readOutputs(stack: string): Promise<StackOutputs> {
  await requirePrograms(['pulumi']);
  await providePassphrase(root, process.env, false);
  const json = await pulumi(['stack', 'output', '--json', '--show-secrets', '--stack', stack]).catch(
    (error: unknown) => {
      if (!/no stack named|unable to open state/.test(messageOf(error))) throw error;
      throw new Error(`There is no stack '${stack}' here. Make it: ${npmRun('up', stack)}`);
    },
  );
  const {
    kubeconfig = '',
    namespace = '',
    url = '',
    imageDigest = '',
    profile = '',
  } = JSON.parse(json) as Partial<StackOutputs>;
  if (kubeconfig === '') {
    throw new Error(
      `Stack '${stack}' has no cluster yet: an earlier run did not get that far. Go on: ${npmRun('up', stack)}`,
    );
  }
  return {
    kubeconfig: minify(parse(kubeconfig) as Kubeconfig, profile, namespace),
    namespace,
    url,
    imageDigest,
    profile,
  };
}
