import { endpointSlices, services } from '../resources.ts';
import { apiAddress, dnsAddress } from '../service-addresses.ts';
import type { EndpointSlice, Service } from '../service-objects.ts';
import type { Storage } from '../storage.ts';
import type { Pod } from '../workload-objects.ts';
import type { PodNetwork } from './container-programs.ts';

type Options = {
  readonly storage: Storage;
  /** Whether kube-proxy does its work on the node. */
  readonly hasServiceRouting: (nodeName: string) => boolean;
  /** `host:port` of what answers outside the cluster. Names among them are in DNS. */
  readonly outside: readonly string[];
};

const clusterDomain = '.svc.cluster.local';
/** The address of a name outside; what it is does not matter, only that it can be told from others. */
const outsideAddress = (host: string): string => `outside:${host}`;

/** The network as the pods of a cluster see it: Services by kube-proxy, names by the cluster's DNS, and the rest. */
export function createPodNetworks({ storage, hasServiceRouting, outside }: Options): (pod: Pod) => PodNetwork {
  const serviceAt = (address: string): Service | undefined =>
    (storage.list(services) as readonly Service[]).find(({ spec }) => spec.clusterIP === address);

  /** The API server and CoreDNS are no business of nodes here, and always there. */
  const hasEndpoint = ({ metadata: { name, namespace }, spec }: Service): boolean =>
    spec.clusterIP === apiAddress ||
    spec.clusterIP === dnsAddress ||
    (storage.list(endpointSlices) as readonly EndpointSlice[]).some(
      ({ metadata, endpoints }) =>
        metadata.namespace === namespace &&
        metadata.labels?.['kubernetes.io/service-name'] === name &&
        endpoints.some(({ conditions }) => conditions.ready),
    );

  /** Without rules of kube-proxy packets to a ClusterIP go nowhere; without endpoints it refuses them. */
  const connectTo = (service: Service, port: number, isRouted: boolean): ReturnType<PodNetwork['connect']> => {
    if (!isRouted || !service.spec.ports?.some((each) => each.port === port)) return 'silent';
    return hasEndpoint(service) ? 'answered' : 'refused';
  };

  const find = (namespace: string, name: string) => storage.get(services, namespace, name) as Service | undefined;

  const dnsAnswers = (isRouted: boolean): boolean => {
    const dns = find('kube-system', 'kube-dns');
    return dns !== undefined && connectTo(dns, dnsPort, isRouted) === 'answered';
  };
  const addressOf = (host: string): string | undefined => {
    if (!host.endsWith(clusterDomain)) {
      return outside.some((each) => each.startsWith(`${host}:`)) ? outsideAddress(host) : undefined;
    }
    const [name = '', namespace = '', ...rest] = host.slice(0, -clusterDomain.length).split('.');
    const address = rest.length === 0 ? find(namespace, name)?.spec.clusterIP : undefined;
    return address === 'None' ? undefined : address;
  };

  return (pod) => {
    const isRouted = hasServiceRouting(pod.spec.nodeName ?? '');
    return {
      environment: environmentOf(find('default', 'kubernetes')),
      resolve(host) {
        if (!dnsAnswers(isRouted)) return 'silent';
        const address = addressOf(host);
        return address === undefined ? 'unknown' : [address];
      },
      connect(address, port) {
        const service = serviceAt(address);
        if (service !== undefined) return connectTo(service, port, isRouted);
        const host = address.startsWith(outsideAddress('')) ? address.slice(outsideAddress('').length) : address;
        return outside.includes(`${host}:${port}`) ? 'answered' : 'silent';
      },
    };
  };
}

const dnsPort = 53;

/** Every container is told where the API server is. */
const environmentOf = (api: Service | undefined): Readonly<Record<string, string>> => ({
  KUBERNETES_SERVICE_HOST: api?.spec.clusterIP ?? '',
  KUBERNETES_SERVICE_PORT: String(api?.spec.ports?.[0]?.port ?? ''),
});
