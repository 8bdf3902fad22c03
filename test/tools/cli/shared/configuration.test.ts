import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanStackFile, readConfiguration } from '../../../../tools/cli/shared/configuration';
import { repository } from '../support/fakePrograms';

describe("a stack's configuration file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stack-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const file = (): string => join(folder, 'Pulumi.dev.yaml');
  const clean = async (text: string): Promise<string | undefined> => {
    await writeFile(file(), text);
    await cleanStackFile(folder, 'dev');
    return existsSync(file()) ? readFile(file(), 'utf8') : undefined;
  };

  it('loses only the salt of Pulumi', async () => {
    const text = '# why\nconfig:\n  p:secure: no\n';
    assert.equal(await clean(`${text}encryptionsalt: v1:a=:b\n`), text);
    assert.equal(await clean(text), text);
    assert.equal(await clean('encryptionsalt: v1:a=:b\n'), undefined);
    assert.equal(await clean('# why\n\nencryptionsalt: v1:a=:b\n'), '# why\n\nconfig: {}\n');
    await cleanStackFile(folder, 'dev'); // and without a file there is nothing to do
  });

  it('keeps the salt that a secret needs', async () => {
    for (const secret of [
      'config:\n  p:password:\n    secure: v1:x\n',
      'config:\n  p:list:\n    - secure: v1:x\n',
      'config:\n  p:password: {secure: v1:x}\n',
      'config: {p:list: [{"secure": v1:x}]}\n',
    ]) {
      assert.equal(await clean(`${secret}encryptionsalt: v1:a=:b\n`), `${secret}encryptionsalt: v1:a=:b\n`);
    }
  });

  it("is read without Pulumi: its values before the project's defaults, secrets unread", async () => {
    const project = await readFile(join(repository, 'Pulumi.yaml'), 'utf8');
    await writeFile(join(folder, 'Pulumi.yaml'), project.replace(/^name: .*$/m, 'name: p'));
    const plain = await readConfiguration(folder, 'dev');
    assert.deepEqual([plain.scaling.maxReplicas, plain.database.kind], [5, 'mongo']);

    await writeFile(file(), 'config:\n  p:maxReplicas: 9\n  p:mongoUri:\n    secure: v1:x\n');
    const { scaling, database } = await readConfiguration(folder, 'dev');
    assert.deepEqual([scaling.maxReplicas, database.kind], [9, 'external']);

    await writeFile(file(), 'config:\n  p:serviceEnv:\n    MAX_ITEMS: 10\n    API_KEYS:\n      secure: v1:x\n');
    assert.ok((await readConfiguration(folder, 'dev')).service.secretEnv);

    await writeFile(file(), 'config:\n  p:maxReplicas: many\n');
    await assert.rejects(readConfiguration(folder, 'dev'), /maxReplicas is 'many'/);
    await writeFile(file(), 'config:\n  maxReplicas: 8\n  other:maxReplicas: 7\n  minReplica: 1\n');
    await assert.rejects(readConfiguration(folder, 'dev'), (error: Error) => {
      const faults = error.message
        .split('\n')
        .slice(1)
        .map((line) => /^ {2}- (\S+) is not a key of project p: .* with (\S+),/.exec(line)?.slice(1));
      assert.deepEqual(faults, [
        ['other:maxReplicas', 'p:maxReplicas'],
        ['minReplica', 'p:minReplicas'],
      ]);
      return true;
    });
    await writeFile(file(), 'config:\n  maxReplicas: 8\n'); // without a prefix, as Pulumi takes it too
    assert.equal((await readConfiguration(folder, 'dev')).scaling.maxReplicas, 8);
    await writeFile(file(), 'config:\n  - p:maxReplicas: 8\n');
    await assert.rejects(
      readConfiguration(folder, 'dev'),
      /Pulumi\.dev\.yaml: config must be a map, such as config: {p:/,
    );
    await writeFile(file(), 'config: [\n');
    await assert.rejects(readConfiguration(folder, 'dev'), /Pulumi\.dev\.yaml can't be read: /);
  });
});
