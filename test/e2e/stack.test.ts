import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { audit } from './support/audit';
import { Project, profile, url } from './support/project';

function missingPrograms(): string[] {
  const answers = (command: string, ...args: string[]): boolean => {
    try {
      execFileSync(command, args, { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  return [
    ...(answers('docker', 'info') ? [] : ['docker']),
    ...(answers('minikube', 'version') ? [] : ['minikube']),
    ...(answers('pulumi', 'version') ? [] : ['pulumi']),
  ];
}

/** Asks until `condition` holds, for `limit` milliseconds. */
async function until(what: string, condition: () => Promise<boolean>, limit = 120_000): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`Not within ${limit / 1000} s: ${what}`);
    await pause(500);
  }
}

describe('the stack on a real Minikube', () => {
  let project: Project;
  let earlier: Awaited<ReturnType<typeof audit>>;
  let id: string;

  const stored = async (): Promise<unknown> => {
    const answer = await fetch(`${url}/data/${id}`, { signal: AbortSignal.timeout(5000) });
    return answer.status === 200 ? ((await answer.json()) as { name: string }).name : answer.status;
  };
  const resources = async (): Promise<string> =>
    /(\d+ unchanged)/.exec(await project.pulumi('up', '--yes', '--skip-preview'))?.[0] ?? 'something changed';

  before(async function () {
    const missing = missingPrograms();
    if (missing.length > 0) {
      console.log(`    skipped, as these can't be run: ${missing.join(', ')}`);
      this.skip();
    }
    earlier = await audit();
    project = await Project.copy();
  });

  after(async () => {
    if (!project) return;
    await project.npm('down', '--yes').catch(() => undefined); // where a test failed before it came to that
    await project.remove();
  });

  it('previews with no cluster', async () => {
    await project.beginStack();
    assert.match(await project.pulumi('preview'), /\+ 39 to create/);
  });

  it('goes from nothing to a URL with `npm run up`', async () => {
    const told = await project.npm('up');
    assert.match(told, new RegExp(`It answers at ${url}`));
    assert.equal((await project.pulumi('stack', 'output', 'url')).trim(), url);
    assert.match(await project.pulumi('stack', 'output', 'imageDigest'), /@sha256:[0-9a-f]{64}/);
  });

  it('serves each endpoint', async () => {
    const welcome = (await (await fetch(url)).json()) as { message: string; time: string };
    assert.match(welcome.message, /Welcome/);
    assert.ok(Date.parse(welcome.time) > 0);
    const post = await fetch(`${url}/data`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"name":"kept","value":123}',
    });
    assert.equal(post.status, 201);
    ({ id } = (await post.json()) as { id: string });
    assert.deepEqual(await (await fetch(`${url}/data`)).json(), [{ _id: id, name: 'kept', value: 123 }]);
    assert.equal(await stored(), 'kept');
    for (const path of ['/health', '/health/live', '/health/ready', '/openapi.json']) {
      assert.equal((await fetch(url + path)).status, 200, path);
    }
    assert.equal((await fetch(`${url}/metrics`)).status, 404);
    const other = (await (
      await fetch(`${url}/data`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-ndjson' },
        body: '{"name":"a"}\n{"name":"b"}\n',
      })
    ).json()) as { inserted: number };
    assert.equal(other.inserted, 2);
    const [last] = (await (await fetch(`${url}/data?filter={"name":"b"}`)).json()) as [{ _id: string }];
    assert.equal((await fetch(`${url}/data/${last._id}`, { method: 'DELETE' })).status, 204);
  });

  it('autoscales on real metrics', async () => {
    const conditions = (): Promise<string> =>
      project.kubectl('get', 'hpa', 'web', '-o', 'jsonpath={.status.conditions}');
    await until('it is active', async () => /"status":"True","type":"ScalingActive"/.test(await conditions()), 30_000);
  });

  it('resolves the name mongo in a pod', async () => {
    const lookUp =
      "require('dns').lookup('mongo', (error, address) => { if (error) throw error; console.log(address); })";
    assert.match(await project.kubectl('exec', 'deploy/web', '--', 'node', '-e', lookUp), /\d+\.\d+\.\d+\.\d+/);
  });

  it('changes nothing when nothing changed', async () => {
    assert.equal(await resources(), '39 unchanged');
  });

  it('keeps the data when mongo-0 is deleted', async () => {
    await project.kubectl('delete', 'pod', 'mongo-0');
    await until('the document is back', async () => (await stored()) === 'kept');
  });

  it('makes a changed line live', async () => {
    await project.edit('service/example/welcome.ts', '"message":"Welcome"', '"message":"Welcome again"');
    await project.pulumi('up', '--yes', '--skip-preview');
    await until('the new welcome', async () => (await (await fetch(url)).text()).includes('Welcome again'));
  });

  it('starts a stopped cluster again, with its data', async () => {
    await project.exec('minikube', ['stop', `--profile=${profile}`]);
    await project.pulumi('up', '--yes', '--skip-preview');
    await until('the document is back', async () => (await stored()) === 'kept');
  });

  it('fails with the reason and the log of a pod that crashes, the old version still serving', async () => {
    await project.edit('service/main.ts', 'import', "throw new Error('broken on purpose');\nimport");
    await assert.rejects(project.pulumi('up', '--yes', '--skip-preview'), /broken on purpose/);
    assert.equal((await fetch(url)).status, 200);
    await project.edit('service/main.ts', "throw new Error('broken on purpose');\n", '');
    await project.pulumi('up', '--yes', '--skip-preview');
  });

  it('loses no request and no write by an update, a lost pod, a lost database or a lack of memory', async () => {
    const told = await project.npm('drill', '--quick', '--only=rolling-update,pod-loss,database-loss,out-of-memory');
    assert.match(told, /4 of 4 drills passed/);
  });

  it('leaves nothing behind', async () => {
    await project.pulumi('destroy', '--yes', '--skip-preview');
    await project.npm('down', '--yes');
    assert.deepEqual(await audit(), earlier);
  });
});
