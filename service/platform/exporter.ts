import { hostname } from 'node:os';
import { context, propagation, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import { within } from './database';

/** Milliseconds for the last spans: the process has a few seconds after its last request. */
const flushMs = 2000;

/**
 * Sends spans to `OTEL_EXPORTER_OTLP_ENDPOINT`, also as OpenTelemetry's other variables say. At most 2048 spans wait; more are dropped.
 * Returns a function that sends the last ones.
 */
export function startExporter(logger: Logger): () => Promise<void> {
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.instance.id': hostname() }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(loggedExporter(logger))],
  });
  provider.register();
  return async () => {
    const shutdown = within(flushMs, provider.shutdown(), () => new Error('It took too long.'));
    await shutdown.catch((error: unknown) => logger.warn({ err: error }, 'the last traces were not sent'));
    for (const api of [trace, context, propagation]) api.disable(); // they take no second provider
  };
}

/** Logs whether spans can be sent: at first, and when that changes. */
function loggedExporter(logger: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter();
  let works: boolean | undefined;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const { error } = result;
        if (error !== undefined && works !== false) logger.warn({ err: error }, 'traces are not sent');
        if (error === undefined && works !== true) logger.info('traces are sent');
        works = error === undefined;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}
