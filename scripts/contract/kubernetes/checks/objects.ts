import { holds, same } from '../../check.ts';
import { list, read, text } from '../../fields.ts';
import { expectAnswer, expectFailure, versionOf } from '../answers.ts';
import type { ClusterCheck } from '../cluster.ts';
import { aConfigMap, collectionOf, mergePatch } from '../objects.ts';

const source = 'Kubernetes API concepts';

/** How objects come, change and go. */
export const objectChecks: readonly ClusterCheck[] = [
  {
    name: 'gives a new object its uid, version and time',
    source,
    async run(cluster) {
      const made = await cluster.create(collectionOf(cluster, 'configmaps'), aConfigMap(cluster.name));
      holds(/^[0-9a-f-]{36}$/.test(text(made, 'metadata.uid')), 'a uid', read(made, 'metadata.uid'));
      holds(/^\d+$/.test(versionOf(made)), 'a resourceVersion', versionOf(made));
      const time = text(made, 'metadata.creationTimestamp');
      holds(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time), 'a time in whole seconds', time);
      for (const [path, value] of Object.entries({ kind: 'ConfigMap', apiVersion: 'v1' })) same(made, path, value);
    },
  },
  {
    name: 'refuses a second object of the same name with 409 AlreadyExists',
    source,
    async run(cluster) {
      const { ask, create, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      await create(maps, aConfigMap(name));
      expectFailure(await ask('POST', maps, aConfigMap(name)), 409, {
        reason: 'AlreadyExists',
        message: `configmaps "${name}" already exists`,
        details: { name, kind: 'configmaps' },
      });
    },
  },
  {
    name: 'answers 404 NotFound, with name and kind, for an object that is not there',
    source,
    async run(cluster) {
      const { ask, name } = cluster;
      expectFailure(await ask('GET', `${collectionOf(cluster, 'configmaps')}/${name}`), 404, {
        ...{ reason: 'NotFound', message: `configmaps "${name}" not found`, details: { name, kind: 'configmaps' } },
      });
    },
  },
  {
    name: 'makes a name from generateName',
    source,
    async run(cluster) {
      const { ask, undo, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      const made = expectAnswer(await ask('POST', maps, { metadata: { generateName: `${name}-` } }), 201);
      const given = text(made, 'metadata.name');
      undo(() => ask('DELETE', `${maps}/${given}`));
      holds(given.startsWith(`${name}-`) && given.length === name.length + 6, `${name}- and five characters`, given);
    },
  },
  {
    name: 'replaces an object only in the version that the caller has seen, and otherwise answers 409 Conflict',
    source: 'Kubernetes API concepts, resource versions',
    async run(cluster) {
      const { ask, create, name } = cluster;
      const path = `${collectionOf(cluster, 'configmaps')}/${name}`;
      const first = await create(collectionOf(cluster, 'configmaps'), aConfigMap(name));
      const second = expectAnswer(await ask('PUT', path, { ...first, data: { a: '2' } }), 200, { data: { a: '2' } });
      holds(versionOf(first) !== versionOf(second), 'another resourceVersion', versionOf(second));
      expectFailure(await ask('PUT', path, { ...first, data: { a: '3' } }), 409, {
        reason: 'Conflict',
        message: `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      });
      const { resourceVersion: _, ...metadata } = first.metadata as Record<string, unknown>;
      expectAnswer(await ask('PUT', path, { ...first, metadata, data: { a: '4' } }), 200, { data: { a: '4' } });
    },
  },
  {
    name: 'gives no new version to a write that changes nothing',
    source,
    async run(cluster) {
      const { ask, create, name } = cluster;
      const made = await create(collectionOf(cluster, 'configmaps'), aConfigMap(name));
      const path = `${collectionOf(cluster, 'configmaps')}/${name}`;
      const again = expectAnswer(await ask('PATCH', path, { data: { a: '1' } }, mergePatch), 200);
      same(again, 'metadata.resourceVersion', versionOf(made));
    },
  },
  {
    name: 'refuses a name that is none with 422, and says which field',
    source: 'Object names and IDs',
    async run(cluster) {
      const answer = await cluster.ask('POST', collectionOf(cluster, 'configmaps'), aConfigMap('Not_A_Name'));
      const body = expectFailure(answer, 422, { reason: 'Invalid' });
      same(body, 'details.causes.0.field', 'metadata.name');
    },
  },
  {
    name: 'refuses fields that a kind does not have when it is to be strict, and else warns and leaves them out',
    source: 'Kubernetes API concepts, server-side field validation',
    async run(cluster) {
      const { ask, undo, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      const object = { ...aConfigMap(name), nonsense: true };
      const refusal = expectFailure(await ask('POST', `${maps}?fieldValidation=Strict`, object), 400, {
        reason: 'BadRequest',
      });
      const why = text(refusal, 'message');
      holds(why.includes('strict decoding error: unknown field "nonsense"'), 'the field in the message', why);
      undo(() => ask('DELETE', `${maps}/${name}`));
      const answer = await ask('POST', `${maps}?fieldValidation=Warn`, object);
      expectAnswer(answer, 201, { nonsense: undefined });
      const warning = answer.headers.warning ?? '';
      holds(warning.includes('unknown field \\"nonsense\\"'), 'a Warning header', warning);
    },
  },
  {
    name: 'refuses a value of another type with 400',
    source,
    async run(cluster) {
      const object = { ...aConfigMap(cluster.name), data: { a: 1 } };
      expectFailure(await cluster.ask('POST', collectionOf(cluster, 'configmaps'), object), 400, {
        reason: 'BadRequest',
      });
    },
  },
  {
    name: 'stores nothing in a dry run',
    source: 'Kubernetes API concepts, dry-run',
    async run(cluster) {
      const { ask, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      expectAnswer(await ask('POST', `${maps}?dryRun=All`, aConfigMap(name)), 201, { 'metadata.name': name });
      expectFailure(await ask('GET', `${maps}/${name}`), 404);
    },
  },
  {
    name: 'deletes only the object with the uid that the caller names',
    source: 'API reference, DeleteOptions',
    async run(cluster) {
      const { ask, create, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      const made = await create(maps, aConfigMap(name));
      const other = { preconditions: { uid: '00000000-0000-4000-8000-000000000000' } };
      expectFailure(await ask('DELETE', `${maps}/${name}`, other), 409, { reason: 'Conflict' });
      const mine = { preconditions: { uid: text(made, 'metadata.uid') } };
      expectAnswer(await ask('DELETE', `${maps}/${name}`, mine), 200, { kind: 'Status', status: 'Success' });
      expectFailure(await ask('GET', `${maps}/${name}`), 404);
    },
  },
  {
    name: 'keeps a deleted object until its last finalizer is gone',
    source: 'Finalizers',
    async run(cluster) {
      const { ask, create, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      await create(maps, aConfigMap(name, { metadata: { finalizers: ['example.com/contract'] } }));
      expectAnswer(await ask('DELETE', `${maps}/${name}`), 200);
      const waiting = expectAnswer(await ask('GET', `${maps}/${name}`), 200);
      holds(text(waiting, 'metadata.deletionTimestamp') !== '', 'a deletionTimestamp', read(waiting, 'metadata'));
      await ask('PATCH', `${maps}/${name}`, { metadata: { finalizers: null } }, mergePatch);
      expectFailure(await ask('GET', `${maps}/${name}`), 404);
    },
  },
  {
    name: 'takes bodies in protobuf, as kubectl sends them',
    source: 'Kubernetes API concepts, Protobuf encoding',
    async run({ ask }) {
      const contentType = 'application/vnd.kubernetes.protobuf';
      const answer = await ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', mayListPods, {
        contentType,
      });
      expectAnswer(answer, 201, { 'status.allowed': true, 'spec.resourceAttributes.resource': 'pods' });
      holds(list(answer.body, 'items').length === 0, 'one object', answer.body);
    },
  },
];

/** May I list pods? As kubectl 1.33 writes it. */
const mayListPods = Buffer.from(
  '6b3873000a320a17617574686f72697a6174696f6e2e6b38732e696f2f7631121753656c665375626a656374416363657373526576696577' +
    '123d0a100a0012001a0022002a00320038004200121f0a1d0a0764656661756c7412046c6973741a0022002a04706f647332003a001a0808' +
    '0012001a0020001a002200',
  'hex',
);
