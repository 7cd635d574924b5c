import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireRequest } from '../../../simulator/kernel/wire.ts';
import { createDirectory } from '../../../simulator/wire/directory.ts';
import { loadModel, type Member } from '../../../simulator/wire/model.ts';
import { valuesOf } from './model-values.ts';
import { sdkModels, sendThrough } from './sdk-clients.ts';

const services = sdkModels.map((model) => ({ model, name: model, operations: {} }));
const endpointOf = createDirectory(services);
const operations = sdkModels.flatMap((modelName) =>
  Object.keys(loadModel(modelName).operations).map((operation) => ({ modelName, operation })),
);
const runs = { numRuns: 15 };

function endpointFor(request: WireRequest) {
  const endpoint = endpointOf(request);
  if (endpoint === undefined) throw new Error(`Nobody answers ${request.method} ${request.path}`);
  return endpoint;
}

/** Members that the clients fill in or transform themselves. */
const untouched: Readonly<Record<string, (name: string, member: Member) => boolean>> = {
  s3: (name) =>
    !/^(Checksum|Content(Length|MD5)|SSECustomer|Expires|Body|Metadata|ContentEncoding|Request|Object|Bucket|Key$)/.test(
      name,
    ),
};

describe.each(operations)('$modelName $operation', ({ modelName, operation }) => {
  const model = loadModel(modelName);
  const { input, output } = model.operations[operation] ?? {};

  it('is decoded to exactly what the SDK client was given', async () => {
    const inputs = input === undefined ? fc.constant({}) : valuesOf(model, input.shape, untouched[modelName]);
    await fc.assert(
      fc.asyncProperty(inputs, async (generated) => {
        const given = { ...generated, ...namesOf(modelName, operation) };
        let seen: unknown;
        await sendThrough(modelName, operation, given, (request) => {
          const { protocol } = endpointFor(request);
          expect(protocol.operationOf(model, request)).toBe(operation);
          seen = protocol.decode(model, operation, request);
          return { status: 400, headers: {}, body: Buffer.alloc(0) };
        }).catch(() => undefined);
        expect(seen).toMatchObject({ input: known(given), problems: [] });
      }),
      runs,
    );
  });

  it('is answered with exactly what the service gave', async () => {
    const outputs = output === undefined ? fc.constant({}) : valuesOf(model, output.shape, untouched[modelName]);
    const inputs = input === undefined ? fc.constant({}) : valuesOf(model, input.shape, untouched[modelName]);
    await fc.assert(
      fc.asyncProperty(inputs, outputs, async (generated, given) => {
        const sent = { ...generated, ...namesOf(modelName, operation) };
        const received = await sendThrough(modelName, operation, sent, (request) =>
          endpointFor(request).protocol.encode({ model, operation, requestId: 'request-1' }, given),
        );
        expect(received).toMatchObject(known(given));
      }),
      runs,
    );
  });
});

/** S3 clients check the bucket's name and treat keys in a way of their own. */
function namesOf(modelName: string, operation: string): Record<string, unknown> {
  if (modelName !== 's3') return {};
  if (operation === 'PutObject') return { Bucket: 'a-bucket', Key: 'k', Body: Buffer.from('text') };
  if (operation === 'ListBuckets') return {};
  return ['ListObjects', 'ListObjectsV2', 'HeadBucket'].includes(operation)
    ? { Bucket: 'a-bucket' }
    : { Bucket: 'a-bucket', Key: 'a/key é+%' };
}

const known = (value: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
