import assert from 'node:assert/strict';
import { get } from 'node:http';
import { until } from '../../../stack/cluster/until';
import type { ProjectCopy } from '../../../tools/projectCopy';
import { stack, url } from './project';

export const welcomeFile = 'service/example/welcome.ts';

/** The service's welcome, by a connection of its own: it may reach any pod. */
export function ask(from = url): Promise<string> {
  return new Promise((resolve) => {
    const request = get(from, { agent: false, timeout: 5000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.on('end', () => resolve((JSON.parse(text) as { readonly message: string }).message));
    });
    request.on('error', ({ message }) => resolve(message));
  });
}

/** `npm run dev` in `project`, without a terminal. */
export class DevRun {
  output = '';

  private constructor(
    private readonly project: ProjectCopy,
    private readonly child: ReturnType<ProjectCopy['start']>,
    /** What the welcome file says. */
    private message: string,
  ) {
    child.all.on('data', (text: Buffer) => {
      this.output += text.toString();
    });
  }

  /** Resolves when all pods run the code. No npm or shell stands between it and a signal. */
  static async start(project: ProjectCopy, message: string, ...options: string[]): Promise<DevRun> {
    const args = ['--import', 'tsx', 'tools/dev/index.ts', '--stack', stack, '--no-logs', ...options];
    const run = new DevRun(project, project.start(process.execPath, args), message);
    await run.tells(/live in \d+ of \d+ after/, 600_000);
    return run;
  }

  /** Waits until it has told `pattern`, after its first `from` characters. */
  async tells(pattern: RegExp, milliseconds = 60_000, from = 0): Promise<void> {
    const told = (): boolean => {
      assert.equal(this.child.exitCode, null, this.output);
      return pattern.test(this.output.slice(from));
    };
    await until(`npm run dev tells ${pattern}`, told, milliseconds, 10).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.output}`);
    });
  }

  /** Saves a change of the welcome file, and waits until `pattern` is told of it. */
  async save(before: string, after: string, pattern = /live in \d+ of \d+ after/): Promise<void> {
    const from = this.output.length;
    await this.project.edit(welcomeFile, before, after);
    await this.tells(pattern, 60_000, from);
  }

  /** Saves another welcome. Once it is told to be live, no pod may give an older one. */
  async welcome(text: string): Promise<void> {
    await this.save(`"message":"${this.message}"`, `"message":"${text}"`);
    this.message = text;
    for (let request = 0; request < 20; request += 1) assert.equal(await ask(), text);
  }

  /** Milliseconds from each save to all pods, in rising order, of what was told after the first `from` characters. */
  times(from: number): number[] {
    const times = [...this.output.slice(from).matchAll(/live in \d+ of \d+ after (\d+) ms/g)];
    return times.map(([, ms]) => Number(ms)).sort((a, b) => a - b);
  }

  /** Ends it. Returns its exit code, undefined after a signal that it does not handle. */
  async end(signal: NodeJS.Signals): Promise<number | undefined> {
    this.child.kill(signal);
    return (await this.child).exitCode;
  }
}
