import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { until } from '../../../stack/cluster/until';
import type { LauncherCommand, LauncherMessage } from '../../../stack/workloads/launcher';
import { Session } from '../../../tools/dev/session';
import { ProjectCopy } from '../../../tools/projectCopy';

const entry = join('service', 'main.ts');
const page = join('service', 'page.ts');

/** A launcher that takes all code, and answers as it is told to. */
class FakeLauncher {
  readonly commands: LauncherCommand[] = [];
  answer = (hash: string): LauncherMessage => ({ type: 'live', hash, startMs: 0.4, switchMs: 2 });
  readonly #server = createServer((socket) => {
    this.socket = socket;
    socket.on('error', () => {});
    let text = '';
    socket.setEncoding('utf8').on('data', (more: string) => {
      const lines = (text + more).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const command = JSON.parse(line) as LauncherCommand;
        this.commands.push(command);
        if (command.type === 'code') this.tell(this.answer(command.hash));
      }
    });
    this.tell({ type: 'hello' });
  });
  socket: Socket | undefined;

  tell(message: LauncherMessage): void {
    this.socket?.write(`${JSON.stringify(message)}\n`);
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  get codes(): string[] {
    return this.commands.flatMap((command) =>
      command.type === 'code' ? [gunzipSync(Buffer.from(command.code, 'base64')).toString()] : [],
    );
  }

  close(): void {
    this.socket?.destroy();
    this.#server.close();
  }
}

describe('a session of dev mode', function () {
  this.timeout(60_000);
  let copy: ProjectCopy;
  let launchers: FakeLauncher[];
  let session: Session;
  let output: string;

  before(async () => {
    copy = await ProjectCopy.make({ stack: 'dev' });
  });
  after(() => copy.remove());
  const write = (file: string, text: string): Promise<void> => writeFile(join(copy.folder, file), text);
  const told = (pattern: RegExp): Promise<unknown> =>
    until(`${pattern} in ${output}`, () => pattern.test(output), 30_000);
  const add = async (name: string): Promise<FakeLauncher> => {
    const launcher = new FakeLauncher();
    const port = await launcher.listen();
    session.add(name, async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    });
    launchers.push(launcher);
    return launcher;
  };

  beforeEach(async () => {
    await rm(join(copy.folder, 'service'), { recursive: true });
    await mkdir(join(copy.folder, 'service', 'deep'), { recursive: true });
    await write(entry, "import { text } from './page';\nimport Koa from 'koa';\nconsole.log(text, Koa);\n");
    await write(page, "export const text = 'one';\n");
    output = '';
    launchers = [];
    const unsent = { paths: ['stack', 'package.json'], remedy: 'Start again.' };
    session = new Session({ root: copy.folder, entry, unsent, say: (text) => (output += `${text}\n`) });
    await session.start();
  });
  afterEach(async () => {
    await session.close();
    for (const launcher of launchers) launcher.close();
  });

  it('sends each save to all targets, and shows its duration; packages are sent once', async () => {
    const [one, two] = [await add('one'), await add('two')];
    await told(/service\/main\.ts: live in 2 of 2 after \d+ ms \(build \d+, send \d+, start 0, switch 2\)/);
    await write(page, "export const text = 'another';\n");
    await told(/service\/page\.ts: live in 2 of 2 after \d+ ms \(build \d+, send \d+, start 0, switch 2\)/);
    for (const { codes, commands } of [one, two]) {
      assert.equal(codes.length, 2);
      assert.match(codes[1] ?? '', /"another"/);
      assert.deepEqual(
        commands.filter(({ type }) => type !== 'beat').map(({ type }) => type),
        ['packages', 'code', 'prepare', 'code', 'prepare'],
      );
    }
  });

  it('detects two changes of a file in quick succession', async () => {
    const one = await add('one');
    await told(/live in 1 of 1/);
    for (const text of ['a', 'b', 'c']) {
      await write(page, "export cons text = 'none';\n");
      await until('it is told', () => output.match(/does not compile/g)?.length === 'abc'.indexOf(text) + 1, 10_000, 1);
      await write(page, `export const text = 'at once ${text}';\n`);
      await until('it is sent', () => one.codes.at(-1)?.includes(`at once ${text}`));
    }
  });

  it('detects files that are written under another name and renamed, also in a new folder', async () => {
    const launcher = await add('one');
    await told(/live in 1 of 1/);
    await mkdir(join(copy.folder, 'service', 'new'));
    await write(join('service', 'new', 'other.ts'), "export const other = 'from a new folder';\n");
    await write('service/.page.swp', "export { other as text } from './new/other';\n");
    await rename(join(copy.folder, 'service', '.page.swp'), join(copy.folder, page));
    await until('it is sent', () => launcher.codes.at(-1)?.includes('from a new folder'));
    await write(join('service', 'new', 'other.ts'), "export const other = 'changed';\n");
    await until('its change is sent', () => launcher.codes.at(-1)?.includes('"changed"'));
  });

  it('detects changes in service/ for a service in another folder', async () => {
    await session.close();
    await mkdir(join(copy.folder, 'shop'));
    await write(join('shop', 'main.ts'), "import { text } from '../service/page';\nconsole.log(text);\n");
    const say = (text: string): void => void (output += `${text}\n`);
    session = new Session({ root: copy.folder, entry: 'shop/main.ts', unsent: { paths: [], remedy: '' }, say });
    await session.start();
    await add('one');
    await told(/live in 1 of 1/);
    await write(page, "export const text = 'another';\n");
    await told(/service\/page\.ts: live in 1 of 1/);
  });

  it('sends the newest code to new and reconnected targets', async () => {
    await add('one');
    await told(/live in 1 of 1/);
    const late = await add('late');
    await told(/late: runs the newest code/);
    assert.equal(late.codes.length, 1);
    late.socket?.destroy();
    await until('it is sent again', () => late.codes.length === 2);
  });

  it('leaves a launcher to another run of the command, which has taken it over', async () => {
    const [taken, lost] = [await add('taken'), await add('lost')];
    await told(/live in 2 of 2/);
    const { socket } = taken;
    taken.tell({ type: 'replaced' });
    await told(/taken: now takes its code from another run of this command/);
    socket?.destroy();
    lost.socket?.destroy();
    await until('the other one is connected again', () => lost.codes.length === 2);
    assert.ok(taken.socket === socket, 'the launcher was taken back');
  });

  it('reports code that does not compile with file, line and excerpt, and sends nothing', async () => {
    const launcher = await add('one');
    await told(/live in 1 of 1/);
    await write(page, 'export const text = ;\n');
    await told(
      /page\.ts: does not compile\. The previous code keeps running\.[\s\S]*service\/page\.ts:1:20:[\s\S]*export const text = ;/,
    );
    await write(page, "import nothing from 'no-such-package';\nexport const text = nothing;\n");
    await told(/Could not resolve "no-such-package"[\s\S]*service\/page\.ts:1:20/);
    assert.equal(launcher.codes.length, 1);
    await write(page, "export const text = 'mended';\n");
    await until('it is sent', () => launcher.codes.at(-1)?.includes('mended'));
  });

  it("reports code that does not start once, with the project's lines of the stack", async () => {
    const [one, two] = [await add('one'), await add('two')];
    await told(/live in 2 of 2/);
    const thrown = `/dev-code/code-01ab.js:26\nthrow new TypeError("broken");\n^\n\nTypeError: broken\n`;
    const stack = `${thrown}    at run (${copy.folder}/service/page.ts:3:7)\n    at node:internal/modules:1:1\n    at process.receive (/dev-launcher/worker.js:33:12)\n\nNode.js v24.1.0\n`;
    const answer = (hash: string): LauncherMessage => ({ type: 'failed', hash, fault: 'it ended', output: stack });
    for (const launcher of [one, two]) launcher.answer = answer;
    await write(page, "export const text = 'broken';\n");
    await told(
      /page\.ts: does not start\. The previous code keeps running\.\nTypeError: broken\n {4}at run \(service\/page\.ts:3:7\)\n/,
    );
    one.tell({ type: 'crashed', hash: 'x', fault: 'it ended with SIGKILL', output: '' });
    await told(/one: has crashed, and is restarted\.\nit ended with SIGKILL/);
    assert.equal(output.match(/does not start/g)?.length, 1);
    assert.doesNotMatch(output, /node:internal|worker\.js|code-01ab|Node\.js v/);
  });

  it('reports files that a save does not deploy, and what to do', async () => {
    const stack = join(copy.folder, 'stack', 'index.ts');
    await writeFile(stack, `${await readFile(stack, 'utf8')}\n`);
    await told(/stack\/index\.ts: a save does not deploy this\. Start again\./);
    await write('service/Dockerfile', 'FROM scratch\n');
    await told(/service\/Dockerfile: a save does not deploy this/);
  });

  it('reports type errors after the save, and when they are fixed', async () => {
    await add('one');
    await write(page, 'export const text: number = String(1);\n');
    await told(/page\.ts: live/);
    await told(/types: \n.*page\.ts\(1,14\): error TS2322/);
    await write(page, "export const text = 'right';\n");
    await told(/types: no more errors/);
  });

  it('restores the deployed code at its end', async () => {
    const launcher = await add('one');
    await told(/live in 1 of 1/);
    await session.close();
    await until('it is told', () => launcher.commands.at(-1)?.type === 'release');
  });
});
