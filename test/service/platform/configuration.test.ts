import assert from 'node:assert/strict';
import {
  limitsOf,
  platformLimits,
  readConfiguration as readPlatformConfiguration,
} from '../../../service/platform/configuration';
import { service } from '../../../service/service';

const { readConfiguration } = service;
const defaultLimits = limitsOf(service.limits);
const MONGODB_URI = 'mongodb://user:secret@mongo:27017/app';

describe('readConfiguration()', () => {
  it('has defaults for all but the database', () => {
    assert.deepEqual(readConfiguration({ MONGODB_URI }), {
      mongoUri: MONGODB_URI,
      httpPort: 5000,
      metricsPort: 9464,
      drainSeconds: 0,
      logLevel: 'info',
      traced: false,
      origins: [],
      access: { apiKeys: [], readKeys: [], jwtKey: undefined, jwtIssuer: undefined, jwtAudience: undefined },
      limits: defaultLimits,
      settings: {},
    });
  });

  it('takes what is set', () => {
    const { drainSeconds, limits } = readConfiguration({ MONGODB_URI, DRAIN_SECONDS: '5', MAX_BODY_BYTES: '2048' });
    assert.equal(drainSeconds, 5);
    assert.deepEqual(limits, { ...defaultLimits, bodyBytes: 2048 });
  });

  it('splits keys and origins at commas alone', () => {
    const { access, origins } = readConfiguration({
      MONGODB_URI,
      API_KEYS: ' correct horse , battery,',
      API_KEYS_READ_ONLY: 'staple',
      CORS_ORIGINS: 'https://a.example, https://b.example',
    });
    assert.deepEqual(access.apiKeys, ['correct horse', 'battery']);
    assert.deepEqual(access.readKeys, ['staple']);
    assert.deepEqual(origins, ['https://a.example', 'https://b.example']);
  });

  it('reports a default that is out of bounds', () => {
    const limits = { ...platformLimits, seats: { variable: 'SEATS', default: 1, min: 2, max: 3 } };
    assert.throws(
      () => readPlatformConfiguration({ MONGODB_URI }, limits),
      /SEATS is '1': set a whole number from 2 to 3/,
    );
  });

  it('tells of a malformed URL or public key for tokens, without its value', () => {
    for (const JWT_KEY of ['https://', '-----BEGIN PUBLIC KEY-----\\nMFkw'])
      assert.throws(
        () => readConfiguration({ MONGODB_URI, JWT_KEY }),
        ({ message }: Error) => message.includes('JWT_KEY is malformed') && !message.includes(JWT_KEY),
      );
    for (const JWT_KEY of ['https://login.example/keys', 'a secret'])
      assert.equal(readConfiguration({ MONGODB_URI, JWT_KEY }).access.jwtKey, JWT_KEY);
  });

  it('reports all faults together, with variable, value and remedy', () => {
    assert.throws(
      () => readConfiguration({ DRAIN_SECONDS: '-1', MAX_ITEMS: 'many', LOG_LEVEL: 'loud' }),
      (error: Error) => {
        assert.match(error.message, /MONGODB_URI is not set: set it, such as/);
        assert.match(error.message, /DRAIN_SECONDS is '-1': set a whole number from 0 to 600/);
        assert.match(error.message, /MAX_ITEMS is 'many': .* leave it out for 1000/);
        assert.match(error.message, /LOG_LEVEL is 'loud': set one of trace/);
        return true;
      },
    );
  });

  it('traces if an endpoint is set, and not if the SDK is disabled', () => {
    const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://localhost:4318';
    assert.equal(readConfiguration({ MONGODB_URI, OTEL_EXPORTER_OTLP_ENDPOINT }).traced, true);
    const disabled = { MONGODB_URI, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' };
    assert.equal(readConfiguration(disabled).traced, false);
  });

  it('never repeats a connection string', () => {
    assert.throws(
      () => readConfiguration({ MONGODB_URI: 'mongo://user:secret@x' }),
      (error: Error) => !error.message.includes('secret'),
    );
  });
});
