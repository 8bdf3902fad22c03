import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  BSON,
  BSONRegExp,
  Db,
  Decimal128,
  type Document,
  Long,
  MaxKey,
  MinKey,
  MongoServerError,
  ObjectId,
  type ReadPreference,
} from 'mongodb';
import { Database } from '../../../service/platform/database';
import { overloaded } from '../../../service/platform/problem';
import { emptyDatabase, insertForeign } from '../support/database';
import { assertProblem } from '../support/problem';
import { type Served, serve, serveForSuite } from '../support/serve';
import { until } from '../support/until';

interface Item {
  readonly _id: string;
  readonly [field: string]: unknown;
}

describe('GET /data', () => {
  const served = serveForSuite();
  const list = async (path: string): Promise<Item[]> => (await (await served().get(path)).json()) as Item[];
  const filtered = (filter: unknown): Promise<Item[]> =>
    list(`/data?filter=${encodeURIComponent(JSON.stringify(filter))}`);

  it('is an empty array when there is nothing, and no line at all as NDJSON', async () => {
    assert.equal(await (await served().get('/data')).text(), '[]');
    assert.equal(await (await served().get('/data', { headers: { Accept: 'application/x-ndjson' } })).text(), '');
  });

  describe('of documents', () => {
    before(async () => {
      await served().post([
        { name: 'a', n: 1, flag: true, none: null },
        { name: 'b', n: 2.5, nested: { x: 1 } },
        { name: 'c', n: 1 },
        { _id: 'mine-1' },
        { _id: 'mine-2', name: '$where' },
      ]);
    });

    it('is all of them', async () => {
      const items = await list('/data');
      assert.deepEqual(items.map(({ name }) => name).sort(), ['$where', 'a', 'b', 'c', undefined]);
      assert.deepEqual(items.find(({ name }) => name === 'b')?.nested, { x: 1 });
    });

    it('is a line each by Accept', async () => {
      const response = await served().get('/data', { headers: { Accept: 'application/x-ndjson' } });
      const text = await response.text();
      assert.equal(response.headers.get('Content-Type'), 'application/x-ndjson');
      assert.ok(text.endsWith('}\n'));
      assert.deepEqual(
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Item),
        await list('/data'),
      );
    });

    for (const [filter, names] of [
      [{ name: 'a' }, ['a']],
      [{ n: 1 }, ['a', 'c']],
      [{ n: 1, name: 'c' }, ['c']],
      [{ flag: true }, ['a']],
      [{ name: '$where' }, ['$where']],
      [{ name: 'nobody' }, []],
      [{ _id: 'mine-2' }, ['$where']],
    ] as const) {
      it(`is those that are equal to ${JSON.stringify(filter)}`, async () => {
        assert.deepEqual(
          (await filtered(filter)).map(({ name }) => name),
          names,
        );
      });
    }

    it('finds an ObjectId by its text', async () => {
      const [{ _id }] = (await filtered({ name: 'a' })) as [Item];
      assert.equal((await filtered({ _id }))[0]?.name, 'a');
    });

    for (const filter of [
      '{"n":{"$gt":0}}',
      '{"$where":"true"}',
      '{"nested.x":1}',
      '[]',
      'null',
      '{"n":[1]}',
      '{"":1}',
      '{"_bsontype":""}',
      '{"n":"\\ud800"}',
    ]) {
      it(`refuses the filter ${filter}`, async () => {
        await assertProblem(await served().get(`/data?filter=${encodeURIComponent(filter)}`), 422, 'bad-filter');
      });
    }

    it('comes in pages that hold each document once, strings before ObjectIds', async () => {
      const pages = await allPages(served(), '/data?limit=2');
      assert.deepEqual(
        pages.map((page) => page.length),
        [2, 2, 1],
      );
      const ids = pages.flat().map(({ _id }) => _id);
      assert.deepEqual(ids.slice(0, 2), ['mine-1', 'mine-2']);
      assert.deepEqual([...ids].sort(), (await list('/data')).map(({ _id }) => _id).sort());
    });

    it('keeps the filter from page to page', async () => {
      const pages = await allPages(served(), `/data?limit=1&filter=${encodeURIComponent('{"n":1}')}`);
      assert.deepEqual(
        pages.map((page) => page.map(({ name }) => name)),
        [['a'], ['c']],
      );
    });

    it('has no next page when the last one is full', async () => {
      assert.equal((await served().get('/data?limit=5')).headers.get('Link'), null);
    });

    it('comes in pages of a sort, in both directions and with missing fields', async () => {
      for (const [sort, names] of [
        ['n', ['mine-1', '$where', 'a', 'c', 'b']],
        ['-n', ['b', 'c', 'a', '$where', 'mine-1']],
        ['n,-name', ['$where', 'mine-1', 'c', 'a', 'b']],
      ] as const) {
        const pages = await allPages(served(), `/data?limit=2&sort=${sort}`);
        assert.deepEqual(
          pages.flat().map(({ name, _id }) => name ?? _id),
          names,
          sort,
        );
        assert.deepEqual(
          pages.map(({ length }) => length),
          [2, 2, 1],
        );
      }
    });

    it('has only the fields that are asked for, and the total if it is', async () => {
      const response = await served().get('/data?limit=1&sort=-n&fields=n,flag&total=true&filter={"n":1}');
      assert.equal(response.headers.get('X-Total-Count'), '2');
      const [item] = (await response.json()) as [Item];
      assert.deepEqual({ ...item, _id: '' }, { _id: '', n: 1 });
      assert.equal((await served().get('/data')).headers.get('X-Total-Count'), null);
    });

    for (const query of ['sort=n', 'limit=1&sort=$n', 'limit=1&sort=n,n', 'limit=1&sort=', 'fields=a.b', 'total=1']) {
      it(`refuses ?${query}`, async () => {
        await assertProblem(await served().get(`/data?${query}`), 422, 'bad-query');
      });
    }

    for (const query of ['limit=0', 'limit=1001', 'limit=1.5', 'limit=x', 'limit=', 'limit=1&limit=2', 'limti=1']) {
      it(`refuses ?${query}`, async () => {
        await assertProblem(await served().get(`/data?${query}`), 422, 'bad-query');
      });
    }

    it('refuses thousands of parameters in a time that does not grow with their square', async () => {
      const leastMs = async (count: number): Promise<number> => {
        const times: number[] = [];
        while (times.length < 3) {
          const begin = performance.now();
          await assertProblem(await served().get(`/data?${'a&'.repeat(count)}`), 422, 'bad-query');
          times.push(performance.now() - begin);
        }
        return Math.min(...times);
      };
      assert.ok((await leastMs(7000)) < 10 * (await leastMs(700)));
    });

    it('refuses a filter that is not JSON', async () => {
      for (const filter of ['x', '{', ''])
        await assertProblem(await served().get(`/data?filter=${filter}`), 422, 'bad-filter');
    });

    it('refuses a page that no Link gave, and a type that is not to be had', async () => {
      const nested = JSON.parse(`{"values":[${'['.repeat(200)}${']'.repeat(200)}]}`) as Document;
      const deep = Buffer.from(BSON.serialize(nested)).toString('base64url');
      for (const after of ['%21', deep])
        await assertProblem(await served().get(`/data?after=${after}`), 422, 'bad-page');
      await assertProblem(await served().get('/data', { headers: { Accept: 'image/png' } }), 406, 'not-acceptable');
    });
  });
});

describe('GET /data of large documents', () => {
  const served = serveForSuite();

  it('refuses a page that ends at values which are too large for a link', async () => {
    await served().post([{ name: 'x'.repeat(7000) }, { name: 'y' }]);
    await assertProblem(await served().get('/data?limit=1&sort=name'), 422, 'bad-query');
    assert.equal((await served().get('/data?limit=1&sort=-name')).status, 200);
    assert.equal((await served().get('/data?limit=2&sort=name')).status, 200); // the last page has no link
  });

  it('refuses to sort by arrays, by whose items MongoDB sorts, so that pages would miss documents', async () => {
    await served().post([{ a: [3, 1], b: [1] }, { a: 2 }]);
    for (const query of ['sort=a&limit=9', 'sort=-a&limit=1', 'sort=a,b&limit=9'])
      await assertProblem(await served().get(`/data?${query}`), 422, 'bad-query');
  });

  for (const [sort, ...documents] of [
    ['-a', { a: 9 }, { a: 8 }, { a: [3, 1] }],
    ['a', { a: false }, { a: true }, { a: [new Date()] }],
    ['b,-a', { a: 9, b: 0 }, { a: 8, b: 0 }, { a: [3, 1], b: 0 }],
    ['-a', { a: null }, { b: 1 }, { a: [] }],
  ] as const) {
    it(`refuses the page before a document with an array, further on by ${sort}`, async () => {
      const own = await serve();
      try {
        await own.database.run((db) => db.collection('data').insertMany([...documents]));
        const pages: unknown[] = await allPages(own, `/data?limit=1&sort=${sort}`);
        assert.equal(pages.length, 2);
        assert.match(JSON.stringify(pages[1]), /a document has an array in one of them/);
      } finally {
        await own.close();
      }
    });
  }

  it('has each document once on pages sorted by objects that look like Extended JSON, and by other types', async () => {
    const own = await serve();
    const values = [
      { $numberInt: '5' },
      { $oid: 'x' },
      { $date: '2020-01-01T00:00:00Z' },
      5,
      Long.fromNumber(6),
      Decimal128.fromString('7.5'),
      new Date(0),
      new ObjectId(),
      new BSONRegExp('a', 'i'),
      'text',
      { $id: 1, $ref: 'a' },
      { $id: 2, $ref: 'a' },
      new Map([
        ['b', 1],
        ['1', 2],
      ]),
      new Map([
        ['b', 2],
        ['1', 2],
      ]),
      new MinKey(),
      null,
      new MaxKey(),
    ];
    try {
      await own.database.run((db) => db.collection('data').insertMany(values.map((v) => ({ v }))));
      for (const sort of ['v', '-v']) {
        const pages = await allPages(own, `/data?limit=1&sort=${sort}`);
        assert.equal(new Set(pages.flat().map(({ _id }) => _id)).size, values.length, sort);
        assert.equal(pages.length, values.length);
      }
    } finally {
      await own.close();
    }
  });

  it('sorts by fields in their order, whole numbers as names too', async () => {
    await served().post([0, 1, 2, 3, 4, 5].map((n) => ({ kind: 'numbers', b: n % 2, 1: n })));
    const pages = await allPages(served(), '/data?limit=2&sort=b,-1&filter={"kind":"numbers"}');
    assert.deepEqual(
      pages.flat().map((item) => item[1]),
      [4, 2, 0, 5, 3, 1],
    );
  });

  for (const [sort, document, limit] of [
    ['t', { _id: 'b', t: '\ufffd' }, 1],
    ['_id', { _id: 'b\ufffd', t: 'b' }, 2],
  ] as const) {
    it(`refuses a page after a document whose ${sort} is not UTF-8, but not the document`, async () => {
      const own = await serve();
      try {
        await own.post([
          { _id: 'a', t: 'a' },
          { _id: 'c', t: 'c' },
        ]);
        await insertForeign(own.uri, document);
        assert.equal((await own.get(`/data?limit=1&sort=${sort}`)).status, 200);
        assert.equal((await own.get(`/data?limit=9&sort=${sort}`)).status, 200);
        assert.equal(((await (await own.get('/data')).json()) as unknown[]).length, 3);
        await assertProblem(await own.get(`/data?limit=${limit}&sort=-${sort}`), 422, 'bad-query');
      } finally {
        await own.close();
      }
    });
  }

  it('reads with the read preference and read concern of the connection string', async () => {
    const own = await serve({ uri: `${await emptyDatabase()}?readPreference=nearest&readConcernLevel=majority` });
    const { command } = Db.prototype;
    const asked: unknown[] = [];
    Db.prototype.command = async function (given: Document, options) {
      const preference = options?.readPreference as ReadPreference | undefined;
      if (given.find !== undefined) asked.push({ mode: preference?.mode, ...given.readConcern });
      return command.call(this, given, options);
    };
    try {
      await (await own.get('/data')).text();
      assert.deepEqual(asked[0], { mode: 'nearest', level: 'majority' });
    } finally {
      Db.prototype.command = command;
      await own.close();
    }
  });

  it('is one query by a sort, as each may sort the whole collection', async () => {
    await served().post(Array.from({ length: 150 }, (_none, n) => ({ kind: 'many', n })));
    const { command } = Db.prototype;
    let queries = 0;
    Db.prototype.command = async function (asked: Document, options) {
      if (asked.find !== undefined) queries += 1;
      return command.call(this, asked, options);
    };
    try {
      const [page = []] = await allPages(served(), '/data?limit=140&sort=n&filter={"kind":"many"}');
      assert.deepEqual([page.length, queries], [140, 2]);
    } finally {
      Db.prototype.command = command;
    }
  });

  it('is not tried again when it is refused at once', async () => {
    const { run } = Database.prototype;
    let tries = 0;
    Database.prototype.run = async () => {
      tries += 1;
      throw overloaded('Busy.');
    };
    try {
      // Several, as one of them is refused within the millisecond in which it came.
      for (let n = 1; n <= 20; n += 1) {
        await assertProblem(await served().get('/data?limit=1'), 503, 'overloaded');
        assert.equal(tries, n);
      }
    } finally {
      Database.prototype.run = run;
    }
  });

  it('does not speak of arrays when MongoDB refuses something else', async () => {
    const { command } = Db.prototype;
    Db.prototype.command = async () => {
      throw new MongoServerError({ message: 'bad value', code: 2 });
    };
    try {
      await assertProblem(await served().get('/data?limit=1'), 500, 'internal');
    } finally {
      Db.prototype.command = command;
    }
  });

  it('refuses a page whose link no request could send', async () => {
    for (const [name, values] of [
      ['text', '\u0001'.repeat(7000)],
      ['map', Object.fromEntries(Array.from({ length: 900 }, (_none, n) => [n, n]))],
    ] as const) {
      await served().post([{ [name]: values }, { [name]: values }]);
      await assertProblem(await served().get(`/data?limit=1&sort=-${name}`), 422, 'bad-query');
    }
    const filter = `&filter={"none":null,"x":"${'y'.repeat(12_000)}"}`;
    assert.equal((await served().get(`/data?limit=1${filter}`)).status, 200);
    const twice = `&filter={"none":null,"${'{}'.repeat(2000)}":null}`;
    await assertProblem(await served().get(`/data?limit=1${twice}`), 422, 'bad-query');
  });

  it('comes in pages of about 1 MiB, each document once', async () => {
    const ids = Array.from({ length: 8 }, (_none, n) => `page-${n}`);
    for (const [n, _id] of ids.entries())
      await served().post({ _id, n, kind: 'page', text: 'x'.repeat(n === 4 ? 900_000 : 300_000) });
    const pages = await allPages(served(), '/data?limit=100&sort=-n&fields=kind&filter={"kind":"page"}');
    assert.deepEqual(
      pages.flat().map(({ _id }) => _id),
      ids.toReversed(),
    );
    const whole = await allPages(served(), '/data?limit=100&sort=-n&filter={"kind":"page"}');
    assert.deepEqual(
      whole.flat().map(({ _id }) => _id),
      ids.toReversed(),
    );
    assert.deepEqual([pages.length, whole.length > 2], [1, true]);
  });

  it('reads about as much as it returns', async () => {
    const own = await serve();
    const text = 'x'.repeat(16_384);
    await own.database.run((db) => db.collection('data').insertMany(Array.from({ length: 400 }, () => ({ text }))));
    const { command } = Db.prototype;
    let read = 0;
    Db.prototype.command = async function (asked: Document, options) {
      const answer = await command.call(this, asked, options);
      for (const { length } of answer.cursor?.firstBatch ?? []) read += length;
      return answer;
    };
    try {
      const pages = await allPages(own, '/data?limit=1000');
      assert.equal(pages.flat().length, 400);
      const returned = JSON.stringify(pages).length;
      assert.ok(read < 2.5 * returned, `${read} of ${returned} bytes`);
    } finally {
      Db.prototype.command = command;
      await own.close();
    }
  });

  it('is 504 when the database takes too long for a page', async () => {
    const items = Array.from({ length: 50_000 }, (_, n) => ({ n: -n }));
    await served().database.run((db) => db.collection('data').insertMany(items));
    const { command } = Db.prototype;
    Db.prototype.command = async function (asked: Document, options) {
      assert.equal(asked.maxTimeMS, 4000);
      return command.call(this, { ...asked, maxTimeMS: 1 }, options);
    };
    try {
      await assertProblem(await served().get('/data?limit=1000&sort=n'), 504, 'database-timeout');
    } finally {
      Db.prototype.command = command;
    }
  });

  describe('of other programs', () => {
    const bytes = 5_000_000;
    const { command } = Db.prototype;
    /** What was counted when a batch was asked for. */
    let counted: number[] = [];
    before(async () => {
      const documents = ['a', 'b'].map((_id) => ({ _id: _id as never, text: 'x'.repeat(bytes) }));
      await served().database.run((db) => db.collection('data').insertMany(documents));
      Db.prototype.command = async function (asked: Document, options) {
        if (asked.find !== undefined) counted.push(served().memory.used);
        return command.call(this, asked, options);
      };
    });
    after(() => {
      Db.prototype.command = command;
    });
    beforeEach(() => {
      counted = [];
    });

    it('returns one with a text that is not UTF-8', async () => {
      await served().post({ _id: 'not UTF-8', text: 'XX' });
      const { command: counting } = Db.prototype;
      Db.prototype.command = async function (asked: Document, options) {
        const answer = await counting.call(this, asked, options);
        const [document] = answer.cursor?.firstBatch ?? [];
        if (document) document[document.indexOf('XX')] = 0xff;
        return answer;
      };
      try {
        const response = await served().get('/data?filter={"_id":"not UTF-8"}');
        assert.deepEqual(await response.json(), [{ _id: 'not UTF-8', text: '\ufffdX' }]);
      } finally {
        Db.prototype.command = counting;
      }
    });

    it('returns one of up to 16 MiB, alone and on a page', async () => {
      const document = { _id: 'c' as never, large: true, text: 'x'.repeat(16_000_000) };
      await served().database.run((db) => db.collection('data').insertOne(document));
      for (const query of ['', 'limit=1&']) {
        const response = await served().get(`/data?${query}filter={"large":true}`);
        assert.equal((await response.text()).length, JSON.stringify([document]).length, query);
      }
      await served().get('/data/c', { method: 'DELETE' });
    });

    it('counts one while the next is asked for', async () => {
      await (await served().get('/data?fields=text')).arrayBuffer();
      const [first = 0, second = 0] = counted;
      assert.ok(second - first >= bytes, counted.join());
    });

    it('asks for no other while its client does not take it', async () => {
      const socket = connect(served().port, '127.0.0.1');
      socket.write('GET /data?fields=text HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(socket, 'readable');
      for (let n = 0; n < 5; n += 1) await served().get('/health'); // it would be asked for before
      assert.equal(counted.length, 1);
      socket.destroy();
      await until('its memory is free', () => served().memory.used === 0);
    });
  });
});

describe('GET /data by pages while others insert', () => {
  const { command } = Db.prototype;
  const served = serveForSuite();

  it('loses no document', async () => {
    const ids = Array.from({ length: 60 }, (_none, n) => `m${String(n).padStart(3, '0')}`);
    await served().post(ids.map((_id) => ({ _id })));
    let count = 0;
    // Between the two queries of a page somebody inserts before its end.
    Db.prototype.command = async function (asked: Document, options) {
      if (asked.find !== undefined) await served().post({ _id: `m${String(count).padStart(3, '0')}-${count++}` });
      return command.call(this, asked, options);
    };
    try {
      const seen = (await allPages(served(), '/data?limit=7')).flat().map(({ _id }) => _id);
      assert.deepEqual(
        ids.filter((id) => !seen.includes(id)),
        [],
      );
      assert.equal(new Set(seen).size, seen.length);
      assert.ok(count > 5);
    } finally {
      Db.prototype.command = command;
    }
  });
});

async function allPages(served: Served, first: string): Promise<Item[][]> {
  const pages: Item[][] = [];
  for (let path: string | undefined = first; path !== undefined; ) {
    const response = await served.get(path);
    pages.push((await response.json()) as Item[]);
    path = /^<(.+)>; rel="next"$/.exec(response.headers.get('Link') ?? '')?.[1];
  }
  return pages;
}
