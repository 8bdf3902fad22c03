import type { types } from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { environment, httpPort, metricsPort, probes, requestSeconds } from '../../service/contract';
import type { BackingService } from './backingService';
import { ScaledDeployment, type ScaledDeploymentArgs } from './scaledDeployment';

/** What the stack asks of a service is in docs/your-service.md. The defaults are those of service/contract.ts. */
export interface WebServiceArgs extends ScaledDeploymentArgs {
  /** TCP port that it listens on. Default 5000. */
  readonly port?: number;
  /** Environment variable that tells it the port. Default `PORT`, or `HTTP_PORT` for a bundle. */
  readonly portVariable?: string;
  /** Path that answers 2xx once a new pod can work. Until then, up to ten minutes, no other path is asked. '' is a TCP connection. */
  readonly startupPath?: string;
  /** Path that answers 2xx while the pod takes requests. */
  readonly readyPath?: string;
  /** Path that answers 2xx unless the pod must be restarted. It should not depend on a database. */
  readonly livePath?: string;
  /**
   * Seconds that a pod stays at work until no node sends it new connections. SIGTERM comes that much later; to a bundle it comes at once,
   * with `DRAIN_SECONDS` in the environment. Default 5: endpoints take about a second to reach every node.
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
  /** Path that tells whether the service is well. */
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
    // The first time, a pod is ready with its database. Later, a lost database is answered by 503: if it took the pods out of the
    // Service, clients would be refused. A pod that hangs fails thrice, of two seconds each.
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
