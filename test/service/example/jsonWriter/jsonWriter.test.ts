import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Binary, BSON, DBRef, Decimal128, Long, MaxKey, ObjectId, Timestamp, UUID } from 'mongodb';
import { JsonWriter } from '../../../../service/example/jsonWriter/jsonWriter';

function toJson(document: object, writer = new JsonWriter()): string {
  writer.document(Buffer.from(BSON.serialize(document)));
  return writer.take().toString();
}

describe('JsonWriter', () => {
  it('writes JSON that is read as the document itself, for every document from JSON', () => {
    // BSON has no NUL in names, and `_bsontype` is the driver's own.
    const name = fc
      .string({ unit: 'grapheme' })
      .filter((text) => !text.includes('\0') && text !== '_bsontype' && text !== '__proto__');
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string({ unit: 'binary' }),
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (document) => {
        assert.deepEqual(JSON.parse(toJson(document)), document);
      }),
      { numRuns: 500 },
    );
  });

  it('grows for a document larger than its buffer, after others', () => {
    const writer = new JsonWriter(16);
    writer.raw('[');
    for (const n of [1, 2]) {
      if (n > 1) writer.raw(',');
      writer.document(Buffer.from(BSON.serialize({ n, text: '\u0001'.repeat(1000) })));
    }
    writer.raw(']');
    assert.deepEqual(
      JSON.parse(writer.take().toString()),
      [1, 2].map((n) => ({ n, text: '\u0001'.repeat(1000) })),
    );
    assert.equal(writer.length, 0);
  });

  for (const [title, value, expected] of [
    ['an ObjectId as its digits', new ObjectId('6b05510dd3baea8e046d387b'), '"6b05510dd3baea8e046d387b"'],
    ['a date as ISO 8601', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [
      "a date beyond JavaScript's as milliseconds",
      Object.assign(new Date(0), { getTime: () => 9e15 }),
      '9000000000000000',
    ],
    ['a 64-bit integer as a number', Long.fromString('9007199254740991'), '9007199254740991'],
    ['one that would be rounded as text', Long.fromString('9007199254740993'), '"9007199254740993"'],
    ['no number as null', NaN, 'null'],
    ['a decimal as text', Decimal128.fromString('1.50'), '"1.50"'],
    ['bytes as base64', new Binary(Buffer.from('hi')), '"aGk="'],
    [
      'a UUID in its usual form',
      new UUID('7bf4d37f-1a2b-4c3d-8e4f-5a6b7c8d9e0f'),
      '"7bf4d37f-1a2b-4c3d-8e4f-5a6b7c8d9e0f"',
    ],
    [
      'a reference to a document as it is stored',
      new DBRef('others', new ObjectId('6b05510dd3baea8e046d387b'), 'db', { price: Decimal128.fromString('1.50') }),
      '{"$ref":"others","$id":"6b05510dd3baea8e046d387b","price":"1.50","$db":"db"}',
    ],
    ['a timestamp as text', new Timestamp(5n), '"5"'],
    ['a regular expression as its source', /a"b/i, '"/a\\"b/i"'],
    ['the greatest key by its name', new MaxKey(), '"MaxKey"'],
  ] as const) {
    it(`writes ${title}`, () => {
      assert.equal(toJson({ value, after: { date: [value] } }), `{"value":${expected},"after":{"date":[${expected}]}}`);
    });
  }
});
