import assert from 'node:assert/strict';
import { mongoUriFault } from '../../../service/platform/mongoUri';

describe('mongoUriFault(uri)', () => {
  for (const uri of [
    'mongodb://user:p%40ss@mongo:27017/app',
    'mongodb+srv://cluster.example.com/app?retryWrites=true',
    'mongodb://a:1,b:2,c:3/app?replicaSet=rs0&compressors=zlib',
  ]) {
    it(`finds nothing wrong with ${uri}`, () => assert.equal(mongoUriFault(uri), undefined));
  }

  for (const [uri, fault] of [
    ['', /^is not set: set it, such as mongodb:/],
    ['postgres://u:SECRET@h/db', /^is not a connection string that the driver can read/],
    ['mongodb://u:p@SECRET:word@h', /percent-encoded/],
    ['mongodb://u:SECRET@h:99999', /percent-encoded/],
    ['mongodb://u:SECRET@h/?retryWritse=true', /^has an option that the driver doesn't know \(option retrywritse/],
    ['mongodb://u:SECRET@h/?compressors=snappy', /^asks for snappy, which is not built in/],
    ['mongodb://u%40x:SECRET@h/?authMechanism=GSSAPI', /^asks for GSSAPI/],
  ] as const) {
    it(`names the fault of '${uri.slice(0, 40)}' without its value`, () => {
      const told = mongoUriFault(uri);
      assert.match(told ?? '', fault);
      assert.doesNotMatch(told ?? '', /SECRET/);
    });
  }
});
