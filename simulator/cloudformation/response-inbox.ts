import * as v from 'valibot';
import type { Kernel } from '../kernel/kernel.ts';
import type { Front, WireRequest, WireResponse } from '../kernel/wire.ts';
import { anyObject, openObject } from '../schema/shapes.ts';

/** What a custom resource's provider says, as far as it was understood; the text that it sent where it was not. */
export type ProviderResponse = Readonly<v.InferOutput<typeof ProviderResponse>> | { readonly malformed: string };

// CloudFormation User Guide, "Custom resource response objects". Other members are ignored.
const ProviderResponse = openObject({
  Status: v.picklist(['SUCCESS', 'FAILED']),
  Reason: v.optional(v.string()),
  PhysicalResourceId: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)),
  StackId: v.string(),
  RequestId: v.string(),
  LogicalResourceId: v.string(),
  Data: v.optional(anyObject),
});

/** Where the providers of custom resources answer: URLs that can be written to once, by whoever knows them. */
export type ResponseInbox = {
  /** @param requestId names the request whose answer is expected. */
  readonly open: (requestId: string, onResponse: (response: ProviderResponse) => void) => { readonly url: string };
  /** Takes requests to those URLs; all others go on to `next`. */
  readonly infrontOf: (next: Front) => Front;
};

/** @param endpointUrl of the account. */
export function createResponseInbox({ clock, random, identity }: Kernel, endpointUrl: string): ResponseInbox {
  const bucket = `/cloudformation-custom-resource-response-${identity.region.replaceAll('-', '')}/`;
  const expected = new Map<string, (response: ProviderResponse) => void>();

  function take({ method, path, body }: WireRequest): WireResponse {
    const deliver = method === 'PUT' ? expected.get(path) : undefined;
    if (deliver === undefined) return answer(403, '<Error><Code>AccessDenied</Code></Error>');
    expected.delete(path);
    deliver(parse(body.toString('utf8')));
    return answer(200, '');
  }

  return {
    open(requestId, onResponse) {
      const path = `${bucket}${requestId}?X-Amz-Signature=${random.hex(64, 'response url', requestId)}`;
      expected.set(path, onResponse);
      return { url: `${endpointUrl}${path}` };
    },
    infrontOf: (next) => (request) => {
      if (!request.path.startsWith(bucket)) return next(request);
      return new Promise((resolve) => {
        clock.arrive(request.origin?.key ?? `external${request.path}`, () => resolve(take(request)));
      });
    },
  };
}

const answer = (status: number, text: string): WireResponse => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(text),
});

function parse(text: string): ProviderResponse {
  try {
    const parsed = v.safeParse(ProviderResponse, JSON.parse(text));
    return parsed.success ? parsed.output : { malformed: text };
  } catch {
    return { malformed: text };
  }
}
