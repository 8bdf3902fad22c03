import assert from 'node:assert/strict';
import { until } from '../../stack/cluster/until';
import { Load } from '../../tools/drill/load/load';
import type { ProjectCopy } from '../../tools/projectCopy';
import { Debugger } from '../tools/dev/support/debugger';
import { audit, useOwnSettings } from './support/audit';
import { ask, DevRun, welcomeFile } from './support/devRun';
import { copyProject, skipUnlessRunnable, url } from './support/project';

/** Saves in a row, each answered by all pods before the next. */
const saves = 20;

describe('npm run dev on a real Minikube', () => {
  let project: ProjectCopy;
  let earlier: Awaited<ReturnType<typeof audit>>;
  let dev: DevRun;
  let load: Load;

  before(async function () {
    skipUnlessRunnable(this);
    await useOwnSettings();
    earlier = await audit();
    project = await copyProject();
    await project.npm('pulumi', 'config', 'set', 'maxReplicas', '3'); // room for a rollout on two CPUs
  });

  after(async () => {
    if (!project) return;
    await load?.stop();
    await project.npm('down', '--yes').catch(() => undefined); // where a test failed before it came to that
    await project.remove();
  });

  const codes = async (): Promise<string[]> => {
    const status = await project.npm('status').catch(() => ''); // while it is not well
    return [...status.matchAll(/^web-\S+ +ready +\d+ +(\S+)$/gm)].map(([, code = '']) => code);
  };
  /** Waits until all pods, two at least, run the same code. */
  const allRun = (code: RegExp, milliseconds = 90_000): Promise<unknown> =>
    until(
      `all pods run ${code}`,
      async () => {
        const running = await codes();
        return running.length >= 2 && new Set(running).size === 1 && code.test(running[0] ?? '');
      },
      milliseconds,
      1000,
    );
  const image = (): Promise<string> =>
    project.kubectl('get', 'deploy/web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}');

  it('makes the stack, in dev mode and restricted, and runs the code in all pods', async () => {
    dev = await DevRun.start(project, 'Welcome', '--inspect');
    assert.equal(await ask(), 'Welcome');
    assert.match(await image(), /@sha256:[0-9a-f]{64}/);
    const restricted = '--selector=pod-security.kubernetes.io/enforce=restricted';
    assert.match(await project.kubectl('get', 'namespace', '-o', 'yaml', restricted), /name: /);
    await allRun(/^[0-9a-f]{12}$/);
    load = new Load({ url, run: 'dev' });
  });

  it('is in the preview of the next update, and is no drift', async () => {
    assert.match(await project.pulumi('preview', '--diff'), /web-dev/);
    await project.npm('pulumi', 'config', 'set', 'dev', 'true');
    await project.pulumi('preview', '--refresh', '--expect-no-changes');
    await project.npm('pulumi', 'config', 'rm', 'dev');
  });

  it('makes each save live in all pods, and no request fails', async () => {
    const from = dev.output.length;
    for (let number = 0; number < saves; number += 1) await dev.welcome(`Save ${number}`);
    const times = dev.times(from);
    console.log(
      `      a save was live in all pods after ${times[times.length / 2]} ms in the median, ${times.at(-1)} ms at most`,
    );
    assert.deepEqual(load.failures, []);
  });

  it('stops a pod at the lines of the TypeScript files, through a forwarded port, and so after a save', async () => {
    for (const text of ['Debugged', 'Debugged again']) {
      const attached = await until('the debugger attaches', () => Debugger.attach(9229).catch(() => undefined), 10_000);
      await attached.breakOn(welcomeFile, 'context.body = `{');
      const answer = ask('http://127.0.0.1:9228');
      const { file } = await until('it pauses', () => attached.pausedAt(), 20_000);
      assert.ok(file.endsWith(welcomeFile), file);
      await attached.resume();
      assert.notEqual(await answer, '');
      attached.close();
      await dev.welcome(text);
    }
    assert.deepEqual(load.failures, []);
  });

  it('gives the newest code to a pod that takes the place of another', async () => {
    const pods = await project.kubectl('get', 'pods', '-l=app.kubernetes.io/name=web', '-o', 'name');
    const [pod = ''] = pods.split('\n');
    const from = dev.output.length;
    await project.kubectl('delete', '--wait=false', pod);
    await dev.tells(/runs the newest code/, 60_000, from);
    await dev.welcome('After a pod went');
    await allRun(/^[0-9a-f]{12}$/);
    assert.deepEqual(load.failures, []);
  });

  it('reports code that does not compile or start, and keeps running the previous code', async () => {
    await dev.save('export', 'exp ort', /welcome\.ts: does not compile[\s\S]*welcome\.ts:\d+:\d+/);
    const stack = /welcome\.ts: does not start[\s\S]*broken on purpose[\s\S]*service\/example\/welcome\.ts:\d+:\d+/;
    await dev.save('exp ort', "throw new Error('broken on purpose');\nexport", stack);
    assert.equal(await ask(), 'After a pod went');
    await dev.save("throw new Error('broken on purpose');\n", '');
    await dev.welcome('Mended');
    assert.deepEqual(load.failures, []);
  });

  it('leaves the pods to the deployed image at Ctrl-C', async () => {
    const deployed = await image();
    assert.equal(await dev.end('SIGINT'), 0);
    await allRun(/^image$/, 30_000);
    assert.equal(await ask(), 'Welcome');
    assert.match(await project.npm('status'), /dev mode, 0 of \d pods run other code/);
    assert.match(await project.npm('doctor'), /dev mode, 0 of \d pods run other code/);
    assert.equal(await image(), deployed);
    assert.deepEqual(load.failures, []);
  });

  it('leaves them to it when it is killed, too', async () => {
    dev = await DevRun.start(project, 'Mended');
    await dev.welcome('Not deployed');
    await dev.end('SIGKILL');
    const killed = Date.now();
    await allRun(/^image$/);
    console.log(`      the pods ran the image's code after ${((Date.now() - killed) / 1000).toFixed(0)} s`);
    assert.equal(await ask(), 'Mended');
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
    assert.equal(await ask(), 'Not deployed');
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.ok(load.requests > 1000, String(load.requests));
  });

  it('leaves nothing behind', async () => {
    await project.npm('down', '--yes');
    assert.deepEqual(await audit(), earlier);
  });
});
