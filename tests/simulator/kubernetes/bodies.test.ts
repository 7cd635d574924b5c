import { describe, expect, it } from 'vitest';
import { decodeProtobuf } from '../../../simulator/kubernetes/protobuf.ts';
import { aCluster, aConfigMap, aDeployment } from './a-cluster.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const fromHex = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

/** What `kubectl create deployment x --image=web:1 --replicas=0` sends. */
const aDeploymentOfKubectl = fromHex(`
  6b3873000a150a07617070732f763112 0a4465706c6f796d656e7412a1010a1b 0a017812001a0022002a003200380042
  005a080a0361707012017812740800120a0a080a0361707012017 81a5c0a1a0a001200 1a0022002a00320038004200 5a
  080a036170701201 78123e12200a03776562120577656 23a312a0042006a00720080010088010090 0100a201001a0032
  0042004a00520058006000680082010 08a01009a0100c2010022020a0028003800 1a0c0800100018002000280038001a
  002200`);

describe('bodies in protobuf', () => {
  it('say the same as in JSON', () => {
    expect(decodeProtobuf(aDeploymentOfKubectl)).toEqual({
      ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
      metadata: { name: 'x', labels: { app: 'x' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'x' } },
        template: {
          metadata: { labels: { app: 'x' } },
          spec: { containers: [{ name: 'web', image: 'web:1', resources: {} }] },
        },
        strategy: {},
      },
      status: {},
    });
  });

  it.each([
    { case: 'without its first four bytes', body: aDeploymentOfKubectl.subarray(4) },
    { case: 'cut off', body: aDeploymentOfKubectl.subarray(0, 100) },
    { case: 'of a kind that is not built in', body: fromHex('6b387300 0a06 0a0178 120179 1200') },
  ])('$case are refused with 400', ({ body }) => {
    expect(() => decodeProtobuf(body)).toThrow(expect.objectContaining({ status: 400, reason: 'BadRequest' }));
  });

  it('never break the reader, wherever they are cut', () => {
    for (let length = 0; length < aDeploymentOfKubectl.length; length++) {
      try {
        decodeProtobuf(aDeploymentOfKubectl.subarray(0, length));
      } catch (error) {
        expect(error).toMatchObject({ status: 400 });
      }
    }
  });
});

describe('bodies', () => {
  it('may be YAML', async () => {
    const { call } = await aCluster();
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "1"}\n';

    expect(await call('POST', configMaps, yaml, { contentType: 'application/yaml' })).toMatchObject({
      ...{ status: 201, body: { data: { a: '1' } } },
    });
  });

  it('in CBOR are refused with the formats that are taken', async () => {
    const { call } = await aCluster();
    const { status, body } = await call('POST', configMaps, 'x', { contentType: 'application/cbor' });

    expect(status).toBe(415);
    expect(body.message).toContain('application/json, application/yaml, application/vnd.kubernetes.protobuf');
  });

  it('lose members that their kind does not have, however deep, with a warning', async () => {
    const { call } = await aCluster();
    const deployment = aDeployment('web', 1);
    Object.assign(deployment.spec.template.spec.containers[0] ?? {}, { imagePolicy: 'Always' });
    const { headers, body } = await call('POST', deployments, deployment);

    expect(headers.warning).toBe('299 - "unknown field \\"spec.template.spec.containers[0].imagePolicy\\""');
    expect(body.spec.template.spec.containers[0]).not.toHaveProperty('imagePolicy');
  });

  it.each([
    { mode: 'Ignore', status: 201, warning: undefined },
    { mode: 'Warn', status: 201, warning: '299 - "unknown field \\"nonsense\\""' },
    { mode: 'Strict', status: 400, warning: undefined },
    { mode: 'Sometimes', status: 400, warning: undefined },
  ])('with an unknown member are answered $status when it is to be $mode', async ({ mode, status, warning }) => {
    const { call } = await aCluster();
    const reply = await call('POST', `${configMaps}?fieldValidation=${mode}`, { ...aConfigMap('a'), nonsense: 1 });

    expect([reply.status, reply.headers.warning]).toEqual([status, warning]);
  });

  it.each([
    { case: 'a number for a text', object: { ...aConfigMap('a'), data: { a: 1 } } },
    { case: 'a text for a map', object: { ...aConfigMap('a'), data: 'a' } },
    { case: 'a list for an object', object: { ...aConfigMap('a'), metadata: [] } },
  ])('with $case are refused with 400', async ({ object }) => {
    const { call } = await aCluster();

    expect(await call('POST', configMaps, object)).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
  });
});
