import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { probes } from '../../service/contract';
import type { ServiceConfiguration } from './configuration';
import type { Reader } from './reader';

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;
const httpUrl = {
  test: (text: string): boolean => /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(text) && URL.canParse(text),
};

/** The service to run, and its probes. Paths are relative to the working folder, which is the project's. */
export function parseService(reader: Reader): ServiceConfiguration {
  const wanted = 'a folder with a Dockerfile, or a TypeScript file';
  const source = reader.text('service', /^/, wanted);
  const main = join(source, 'main.ts');
  const remedy = existsSync(main) ? `service ${main}` : undefined;
  if (source === '' || !existsSync(source)) reader.fault('service', `is '${source}', which does not exist,`, wanted);
  else if (!isTypeScript(source) && !existsSync(join(source, 'Dockerfile')))
    reader.fault('service', `is '${source}', which has no Dockerfile,`, wanted, remedy);
  const [healthPath, livePath] = ['healthPath', 'livePath'].map((key) =>
    reader.optional(key, /^\/\S*$/, 'a path such as /health'),
  );
  return {
    source,
    port: reader.whole('servicePort', 1024, 65535), // processes without root can't listen below 1024 on every system
    startupPath: healthPath ?? probes.startup,
    readyPath: healthPath ?? probes.ready,
    livePath: livePath ?? (healthPath === undefined ? probes.live : ''),
    mongoVariable: reader.text('mongoVariable', variable, 'the name of an environment variable'),
    secretEnv: reader.secretMap('serviceEnv', variable, 'a map of environment variables'),
    otlpEndpoint: reader.optional(
      'otlpEndpoint',
      httpUrl,
      'an http or https URL such as http://host.minikube.internal:4318',
    ),
  };
}

/** Whether `source` is a file to be bundled, and not a folder with a Dockerfile. */
export function isTypeScript(source: string): boolean {
  return /\.[cm]?ts$/.test(source);
}
