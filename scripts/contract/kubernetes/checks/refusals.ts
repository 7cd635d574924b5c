import { same } from '../../check.ts';
import type { Fields } from '../../fields.ts';
import { expectFailure } from '../answers.ts';
import type { Cluster, ClusterCheck } from '../cluster.ts';
import { aConfigMap, collectionOf, mergePatch } from '../objects.ts';

const source = 'Kubernetes v1.35 API server';

type Refusal = {
  readonly of: string;
  readonly ask: (cluster: Cluster) => ReturnType<Cluster['ask']>;
  readonly status: number;
  /** What the `Status` says, by path. */
  readonly says: Fields;
};

const aBudget = (cluster: Cluster, spec: Fields) =>
  cluster.ask('POST', collectionOf(cluster, 'poddisruptionbudgets'), {
    metadata: { name: cluster.name },
    spec: { selector: {}, ...spec },
  });

const inBudget = (of: string, spec: Fields, field: string, message: string): Refusal => ({
  ...{ of, status: 422, ask: (cluster) => aBudget(cluster, spec) },
  says: { reason: 'Invalid', 'details.causes.0.field': field, 'details.causes.0.message': message },
});

/** Requests that are refused, and the words for it. */
const refusals: readonly Refusal[] = [
  {
    of: 'a kind that a known group does not have',
    ask: ({ ask }) => ask('GET', '/api/v1/contractions'),
    status: 404,
    says: { reason: 'NotFound', message: 'the server could not find the requested resource', details: {} },
  },
  {
    of: 'a verb that a kind does not have',
    ask: (cluster) => cluster.ask('PUT', collectionOf(cluster, 'configmaps'), {}),
    status: 405,
    says: { message: 'the server does not allow this method on the requested resource', details: {} },
  },
  {
    of: 'a dry run of another kind than All',
    ask: (cluster) =>
      cluster.ask('POST', `${collectionOf(cluster, 'configmaps')}?dryRun=Some`, aConfigMap(cluster.name)),
    status: 422,
    says: { 'details.kind': 'CreateOptions', 'details.causes.0.field': 'dryRun' },
  },
  {
    of: 'a patch of an unknown format, before it looks for the object,',
    ask: (cluster) =>
      cluster.ask('PATCH', `${collectionOf(cluster, 'configmaps')}/none`, {}, { contentType: 'application/json' }),
    status: 415,
    says: { reason: 'UnsupportedMediaType', details: {} },
  },
  {
    of: 'a limit that is no number',
    ask: (cluster) => cluster.ask('GET', `${collectionOf(cluster, 'configmaps')}?limit=x`),
    status: 400,
    says: { message: 'strconv.ParseInt: parsing "x": invalid syntax' },
  },
  {
    of: 'a Deployment whose selector does not match its own template',
    ask: (cluster) =>
      cluster.ask('POST', collectionOf(cluster, 'replicasets').replace('replicasets', 'deployments'), {
        metadata: { name: cluster.name },
        spec: {
          selector: { matchLabels: { app: 'other' } },
          template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'main', image: 'pause' }] } },
        },
      }),
    status: 422,
    says: { 'details.causes.0.field': 'spec.template.metadata.labels' },
  },
  {
    of: 'a new finalizer of what is being deleted',
    async ask(cluster) {
      const maps = collectionOf(cluster, 'configmaps');
      const [path, finalizers] = [`${maps}/${cluster.name}`, ['contract.example/a']];
      await cluster.create(maps, aConfigMap(cluster.name));
      await cluster.ask('PATCH', path, { metadata: { finalizers } }, mergePatch);
      cluster.undo(() => cluster.ask('PATCH', path, { metadata: { finalizers: null } }, mergePatch));
      await cluster.ask('DELETE', path);
      const more = { metadata: { finalizers: [...finalizers, 'contract.example/b'] } };
      return cluster.ask('PATCH', path, more, mergePatch);
    },
    status: 422,
    says: { 'details.causes.0.field': 'metadata.finalizers', 'details.causes.0.reason': 'FieldValueForbidden' },
  },
  inBudget(
    'a budget below zero',
    { minAvailable: -1 },
    'spec.minAvailable',
    'Invalid value: -1: must be greater than or equal to 0',
  ),
  inBudget(
    'a budget of more than all',
    { minAvailable: '150%' },
    'spec.minAvailable',
    'Invalid value: "150%": must not be greater than 100%',
  ),
  inBudget(
    'a budget with an unknown eviction policy',
    { minAvailable: 1, unhealthyPodEvictionPolicy: 'Never' },
    'spec.unhealthyPodEvictionPolicy',
    'Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
  ),
];

/** What is refused, with which status, and in which words. */
export const refusalChecks: readonly ClusterCheck[] = refusals.map(({ of, ask, status, says }) => ({
  ...{ name: `refuses ${of} with ${status}`, source },
  async run(cluster) {
    const body = expectFailure(await ask(cluster), status);
    for (const [path, value] of Object.entries(says)) same(body, path, value);
  },
}));
