import { services } from './resources.ts';
import type { Service } from './service-objects.ts';
import { invalid } from './status.ts';
import type { NewObject, Storage } from './storage.ts';

/** The range of ClusterIPs of the clusters of this account, one of the two that EKS chooses from. */
const range = '172.20';
/** The address of CoreDNS: the tenth of the range, by which kubelets on EKS find it. */
export const dnsAddress = `${range}.0.10`;
export const apiAddress = `${range}.0.1`;

export type NewService = NewObject & Pick<Service, 'spec'>;

/** Gives a new service its ClusterIP. @throws {ApiError} 422 for an address that is not free, and for load balancers. */
export function admitService(storage: Storage, service: NewService): NewService {
  const { type = 'ClusterIP', clusterIP } = service.spec;
  const { name } = service.metadata;
  if (type === 'LoadBalancer') {
    throw invalid(services, name, [
      {
        reason: 'FieldValueForbidden',
        field: 'spec.type',
        message: 'Forbidden: load balancers are not simulated',
      },
    ]);
  }
  if (type === 'ExternalName') return { ...service, spec: { ...service.spec, type }, status: { loadBalancer: {} } };
  const taken = new Set(storage.list(services).map(({ spec }) => spec.clusterIP));
  if (clusterIP !== undefined && clusterIP !== 'None' && taken.has(clusterIP)) {
    const message = `Invalid value: [${JSON.stringify(clusterIP)}]: failed to allocate IP ${clusterIP}: provided IP is already allocated`;
    throw invalid(services, name, [{ reason: 'FieldValueInvalid', field: 'spec.clusterIPs', message }]);
  }
  const address = clusterIP ?? freeAddress(taken);
  return {
    ...service,
    spec: {
      ...{
        sessionAffinity: 'None',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
      },
      ...service.spec,
      ...{ type, clusterIP: address, clusterIPs: [address] },
      ports: (service.spec.ports ?? []).map((port) => ({ protocol: 'TCP', targetPort: port.port, ...port })),
    },
    status: { loadBalancer: {} },
  };
}

/** The first sixteenth of the range is left to those who name their address. */
function freeAddress(taken: ReadonlySet<string | undefined>): string {
  for (let number = 4096; number < 65_536; number += 1) {
    const address = `${range}.${number >> 8}.${number & 255}`;
    if (!taken.has(address)) return address;
  }
  throw new Error('The range of ClusterIPs is used up');
}
