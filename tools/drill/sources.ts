/** Where the limits come from. A drill names one with each verdict. */
export const sources = {
  /** What the predecessor of this project measured, in its README: 90 s, pods not ready for 10 s, five minutes to scale down. */
  scaling: 'scaling in under 30 s; the Flask version of this stack took 90 s',
  start: "the Flask version's pods were not ready for 10 s",
  noLoss: 'no failed request, no lost write',
  killed: 'kubelet finds a dead container within about a second, and endpoints take another',
  badUpdate: 'webService.ts: progressDeadlineSeconds and awaited',
  database: "the pod's startup and readiness periods in mongoDatabase.ts, and its grace of 30 s",
  evenness: 'each pod within 25 % of the mean',
  memory: "limits of webService.ts: memory of one pod is no other's business",
  restart: 'the kubelet waits 10 s before it restarts a container that had ended lately too, 20 s the time after',
  comeback: 'one `up` brings all back, with all data',
  ownScaling: "pods are the autoscaler's: no replicas in webService.ts",
  restored: 'one `up` restores all',
} as const;
