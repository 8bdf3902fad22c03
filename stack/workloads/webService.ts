import type { types } from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { environment, httpPort, metricsPort, probes, requestSeconds } from '../../service/contract';
import type { BackingService } from './backingService';
import { ScaledDeployment, type ScaledDeploymentArgs } from './scaledDeployment';

/** Requirements for a service: docs/your-service.md. Defaults: service/contract.ts. */
export interface WebServiceArgs extends ScaledDeploymentArgs {
  /** TCP port that it listens on. Default 5000. */
  readonly port?: number;
  /** Environment variable with the port. Default `PORT`, or `HTTP_PORT` for a bundle. */
  readonly portVariable?: string;
  /** Path that returns 2xx once a new pod can work. Other probes start after that, within ten minutes. '' is a TCP connection. */
  readonly startupPath?: string;
  /** Path that returns 2xx while the pod accepts requests. */
  readonly readyPath?: string;
  /** Path that returns 2xx unless the pod must be restarted. It should not depend on a database. */
  readonly livePath?: string;
  /**
   * Seconds that a pod keeps working at its end, until no node sends it new connections. SIGTERM is sent after them. A bundle gets it at
   * once, and these seconds as `DRAIN_SECONDS`. Default 5: endpoints take about a second to reach every node.
   */
  readonly drainSeconds?: number;
  /** Seconds that requests in flight have after that. Default 20. */
  readonly requestSeconds?: number;
  /** TCP port of Prometheus metrics, closed to other pods; 0 for none. Default 0, or 9464 for a bundle. */
  readonly metricsPort?: number;
  /** Whether its pods take code from `npm run dev`, which those of a bundle can. Default false. */
  readonly dev?: boolean;
}

/** Pods that answer HTTP requests. Other services reach them by `http://NAME:PORT` if a `WebEndpoint` has the same name. */
export class WebService extends ScaledDeployment implements BackingService {
  readonly port: number;
  /** Path of the health check. */
  readonly healthPath: string;
  readonly uri: string;
  readonly egress: BackingService['egress'];

  constructor(name: string, args: WebServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    const { port = httpPort, startupPath = probes.startup } = args;
    super('workloads:WebService', name, args, webParts({ ...args, port, startupPath }), opts);
    this.port = port;
    this.healthPath = startupPath;
    this.uri = `http://${name}:${port}`;
    this.egress = { to: [{ podSelector: { matchLabels: this.labels } }], ports: [{ port }] };
  }
}

function webParts(args: WebServiceArgs & { readonly port: number; readonly startupPath: string }) {
  const { port, startupPath, readyPath = probes.ready, livePath = probes.live } = args;
  const { bundled } = args.image;
  const { portVariable = bundled ? environment.httpPort : 'PORT', drainSeconds = 5 } = args;
  const { requestSeconds: inFlight = requestSeconds, metricsPort: metrics = bundled ? metricsPort : 0 } = args;
  const container: Partial<types.input.core.v1.Container> = {
    ports: [
      { name: 'http', containerPort: port },
      ...(metrics === 0 ? [] : [{ name: 'metrics', containerPort: metrics }]),
    ],
    // A new pod becomes ready with its database. Later, without the database, pods stay in the Service and answer 503: otherwise, clients
    // would get no connection. A pod that hangs fails three probes of two seconds.
    startupProbe: { ...probe(startupPath), periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 600 },
    readinessProbe: { ...probe(readyPath), periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 3 },
    livenessProbe: { ...probe(livePath), periodSeconds: 10, timeoutSeconds: 5 },
    ...(!bundled && { lifecycle: { preStop: { sleep: { seconds: drainSeconds } } } }),
  };
  return {
    container,
    ingress: [{ ports: [{ port }] }], // not metrics
    graceSeconds: drainSeconds + inFlight + 5,
    ...(args.dev && bundled && { dev: { source: args.image.source, port, health: startupPath } }),
    env: {
      [portVariable]: String(port),
      ...(bundled && { [environment.drainSeconds]: String(drainSeconds) }),
    },
  };
}

function probe(path: string): types.input.core.v1.Probe {
  return path === '' ? { tcpSocket: { port: 'http' } } : { httpGet: { path, port: 'http' } };
}
