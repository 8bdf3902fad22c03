import { hostname } from 'node:os';
import { context, propagation, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import { within } from './database';

/** Milliseconds for the last spans: the process has a few seconds after its last request. */
const flushMs = 2000;

/**
 * Sends spans as OTLP to where `OTEL_EXPORTER_OTLP_ENDPOINT` says; OpenTelemetry's other variables hold too. Spans that can't be
 * sent wait, 2048 at most, and are dropped.
 */
export function startExporter(logger: Logger): { stop(): Promise<void> } {
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.instance.id': hostname() }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new LoggedExporter(logger))],
  });
  provider.register();
  return {
    stop: async () => {
      await within(flushMs, provider.shutdown(), () => new Error('It took too long.')).catch((error: unknown) =>
        logger.warn({ err: error }, 'the last traces were not sent'),
      );
      for (const api of [trace, context, propagation]) api.disable();
    },
  };
}

/** Logs whether spans can be sent: at first, and when that changes. */
class LoggedExporter extends OTLPTraceExporter {
  readonly #logger: Logger;
  #works: boolean | undefined;

  constructor(logger: Logger) {
    super();
    this.#logger = logger;
  }

  override export(...[spans, done]: Parameters<OTLPTraceExporter['export']>): void {
    super.export(spans, (result) => {
      const works = result.error === undefined;
      if (works !== this.#works) {
        this.#works = works;
        if (works) this.#logger.info('traces are sent');
        else this.#logger.warn({ err: result.error }, 'traces are not sent');
      }
      done(result);
    });
  }
}
