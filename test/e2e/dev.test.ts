import assert from 'node:assert/strict';
import { get } from 'node:http';
import { until } from '../../stack/until';
import { Load } from '../../tools/drill/load/load';
import { audit, useOwnSettings } from './support/audit';
import { Project, type Started, skipUnlessRunnable, url } from './support/project';

const welcome = 'service/example/welcome.ts';
/** Saves in a row, each answered by all pods before the next. */
const saves = 20;

/** The welcome, by a connection of its own: it may reach any pod. */
function ask(): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 5000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.on('end', () => resolve((JSON.parse(text) as { readonly message: string }).message));
    });
    request.on('error', ({ message }) => resolve(message));
  });
}

describe('npm run dev on a real Minikube', () => {
  let project: Project;
  let earlier: Awaited<ReturnType<typeof audit>>;
  let dev: Started;
  let load: Load;
  let message = 'Welcome';

  before(async function () {
    skipUnlessRunnable(this);
    await useOwnSettings();
    earlier = await audit();
    project = await Project.copy();
    await project.npm('pulumi', 'config', 'set', 'maxReplicas', '3'); // room for a rollout on two CPUs
  });

  after(async () => {
    if (!project) return;
    await load?.stop();
    await project.npm('down', '--yes').catch(() => undefined); // where a test failed before it came to that
    await project.remove();
  });

  const told = (pattern: RegExp, milliseconds = 60_000): Promise<unknown> =>
    until(`npm run dev tells ${pattern}`, () => pattern.test(dev.output()) || assertRuns(), milliseconds).catch(
      (error) => {
        throw new Error(`${(error as Error).message}\n${dev.output()}`);
      },
    );
  const assertRuns = (): false => {
    assert.equal(dev.child.exitCode, null, dev.output());
    return false;
  };
  const start = async (...args: string[]): Promise<void> => {
    dev = project.start('tools/dev/index.ts', '--no-logs', ...args);
    await told(/live in \d+ of \d+ after/, 600_000);
  };
  const save = (text: string): Promise<void> => {
    const before = `"message":"${message}"`;
    message = text;
    return project.edit(welcome, before, `"message":"${text}"`);
  };
  /** Saves another welcome, and asks until what is told to be live has answered. No pod may give an older one then. */
  const saveAndSee = async (text: string): Promise<void> => {
    const from = dev.output().length;
    await save(text);
    await until(
      `${text} is live`,
      () => /live in \d+ of \d+ after/.test(dev.output().slice(from)) || assertRuns(),
      60_000,
      10,
    );
    for (let request = 0; request < 20; request += 1) assert.equal(await ask(), text);
  };
  const codes = async (): Promise<string[]> => {
    const status = await project.npm('status').catch(() => ''); // while it is not well
    return [...status.matchAll(/^web-\S+ +ready +\d+ +(\S+)$/gm)].map(([, code = '']) => code);
  };
  /** Waits until all pods, two at least, run the same code. */
  const allRun = (code: RegExp): Promise<unknown> =>
    until(
      `all pods run ${code}`,
      async () => {
        const running = await codes();
        return running.length >= 2 && new Set(running).size === 1 && code.test(running[0] ?? '');
      },
      90_000,
      1000,
    );
  const image = (): Promise<string> =>
    project.kubectl('get', 'deploy/web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}');

  it('makes the stack, in dev mode and restricted, and runs the code in all pods', async () => {
    await start();
    assert.equal(await ask(), 'Welcome');
    assert.match(await image(), /@sha256:[0-9a-f]{64}/);
    assert.match(
      await project.kubectl(
        'get',
        'namespace',
        '-o',
        'yaml',
        '--selector=pod-security.kubernetes.io/enforce=restricted',
      ),
      /name: /,
    );
    await allRun(/^[0-9a-f]{12}$/);
    load = await Load.start({ url, run: 'dev' });
  });

  it('is in the preview of the next update, and is no drift', async () => {
    assert.match(await project.pulumi('preview', '--diff'), /web-dev/);
    await project.npm('pulumi', 'config', 'set', 'dev', 'true');
    await project.pulumi('preview', '--refresh', '--expect-no-changes');
    await project.npm('pulumi', 'config', 'rm', 'dev');
  });

  it('makes each save live in all pods, and no request fails', async () => {
    const from = dev.output().length;
    for (let number = 0; number < saves; number += 1) await saveAndSee(`Save ${number}`);
    const times = [
      ...dev
        .output()
        .slice(from)
        .matchAll(/after (\d+) ms/g),
    ]
      .map(([, ms]) => Number(ms))
      .sort((a, b) => a - b);
    console.log(
      `      a save was live in all pods after ${times[times.length / 2]} ms in the median, ${times.at(-1)} ms at most`,
    );
    assert.deepEqual(load.failures, []);
  });

  it('gives the newest code to a pod that takes the place of another', async () => {
    const [pod = ''] = (await project.kubectl('get', 'pods', '-l=app.kubernetes.io/name=web', '-o', 'name')).split(
      '\n',
    );
    const from = dev.output().length;
    await project.kubectl('delete', '--wait=false', pod);
    await until('a new pod has it', () => /runs the newest code/.test(dev.output().slice(from)), 60_000);
    await saveAndSee('After a pod went');
    await allRun(/^[0-9a-f]{12}$/);
    assert.deepEqual(load.failures, []);
  });

  it('tells code that does not compile, or not start, and the code before it runs on', async () => {
    await project.edit(welcome, 'export', 'exp ort');
    await told(/welcome\.ts: does not compile[\s\S]*welcome\.ts:\d+:\d+/);
    await project.edit(welcome, 'exp ort', "throw new Error('broken on purpose');\nexport");
    await told(/welcome\.ts: does not start[\s\S]*broken on purpose[\s\S]*service\/example\/welcome\.ts:\d+:\d+/);
    assert.equal(await ask(), 'After a pod went');
    const from = dev.output().length;
    await project.edit(welcome, "throw new Error('broken on purpose');\n", '');
    await until('the mended code is live', () => /live in/.test(dev.output().slice(from)), 60_000);
    await saveAndSee('Mended');
    assert.deepEqual(load.failures, []);
  });

  it('leaves the pods to the deployed image when it is killed', async () => {
    const deployed = await image();
    dev.child.kill('SIGKILL');
    const killed = Date.now();
    await allRun(/^image$/);
    console.log(`      the pods ran the image's code after ${((Date.now() - killed) / 1000).toFixed(0)} s`);
    assert.equal(await ask(), 'Welcome');
    assert.match(await project.npm('doctor'), /dev mode, 0 of \d pods run other code/);
    assert.equal(await image(), deployed);
    assert.deepEqual(load.failures, []);
  });

  it('is taken away by npm run up, and leaves nothing of it', async () => {
    await project.npm('up');
    const others = '--field-selector=metadata.name!=kube-root-ca.crt';
    for (const objects of ['configmaps', 'deployments', 'pods']) {
      const all = (): Promise<string> => project.kubectl('get', objects, '-o', 'yaml', others);
      await until(`no dev mode in ${objects}`, async () => !/launcher|web-dev/i.test(await all()), 60_000, 1000); // old pods drain
    }
    assert.doesNotMatch(await project.npm('status'), /dev mode/);
    assert.equal(await ask(), 'Mended');
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.ok(load.requests > 1000, String(load.requests));
  });

  it('leaves nothing behind', async () => {
    await project.npm('down', '--yes');
    assert.deepEqual(await audit(), earlier);
  });
});
