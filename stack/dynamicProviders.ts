import type * as pulumi from '@pulumi/pulumi';
import { minikubeLocationProvider } from './cluster/minikubeLocation';
import { minikubeProfileProvider } from './cluster/minikubeProfile';
import { minikubeRegistryProvider } from './cluster/minikubeRegistry';
import { minikubeStartProvider } from './cluster/minikubeStart';
import { nodeImageProvider } from './cluster/nodeImage';
import { builtImagesProvider } from './workloads/builtImages';

/** The provider of each subclass of DynamicResource, by its type in the state. */
export const dynamicProviders = {
  'minikube:Profile': minikubeProfileProvider,
  'minikube:Location': minikubeLocationProvider,
  'minikube:Registry': minikubeRegistryProvider,
  'minikube:Start': minikubeStartProvider,
  'minikube:Image': nodeImageProvider,
  'docker:BuiltImages': builtImagesProvider,
} satisfies Record<string, pulumi.dynamic.ResourceProvider>;
