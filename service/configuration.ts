import { environment, httpPort, metricsPort } from './contract';
import { fromTable, type Limits } from './limits';

/** How one process of the service runs. */
export interface Configuration {
  readonly mongoUri: string;
  /** Address to listen on. Default: all of the machine's. */
  readonly host?: string;
  readonly httpPort: number;
  readonly metricsPort: number;
  /** Seconds that readiness stays 503 before the server stops listening. */
  readonly drainSeconds: number;
  readonly logLevel: string;
  readonly limits: Limits;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Reads the configuration from environment variables. Throws one error that tells every fault. */
export function readConfiguration(variables: Readonly<Record<string, string | undefined>>): Configuration {
  const faults: string[] = [];

  const integer = (variable: string, otherwise: number, min: number, max: number): number => {
    const text = variables[variable];
    if (text === undefined || text === '') return otherwise;
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max) {
      faults.push(
        `${variable} is '${text}': set a whole number from ${min} to ${max}, or leave it out for ${otherwise}.`,
      );
    }
    return value;
  };

  const mongoUri = variables[environment.mongoUri] ?? '';
  if (!/^mongodb(\+srv)?:\/\/./.test(mongoUri)) {
    // Its value is not repeated: it may hold a password.
    faults.push(
      `${environment.mongoUri} is ${mongoUri === '' ? 'not set' : 'not a MongoDB connection string'}: ` +
        'set it, such as mongodb://user:password@mongo:27017/app.',
    );
  }
  const logLevel = variables[environment.logLevel] || 'info';
  if (!logLevels.includes(logLevel)) {
    faults.push(`${environment.logLevel} is '${logLevel}': set one of ${logLevels.join(', ')}.`);
  }

  const configuration = {
    mongoUri,
    logLevel,
    httpPort: integer(environment.httpPort, httpPort, 0, 65_535),
    metricsPort: integer(environment.metricsPort, metricsPort, 0, 65_535),
    drainSeconds: integer(environment.drainSeconds, 0, 0, 600),
    limits: fromTable((limit) => integer(limit.variable, limit.default, limit.min, limit.max)),
  };
  if (faults.length > 0) throw new Error(`The service can't start:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  return configuration;
}
