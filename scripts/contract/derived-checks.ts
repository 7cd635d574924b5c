import { type Check, holds, type Place, type Signing, type Suite } from './check.ts';
import { badInputs } from './example-input.ts';
import { modelOf, type ServiceModel } from './model.ts';

/** What every service does alike, from its model: whom it believes, which operations and which inputs it refuses. */
export function derivedChecks(suite: Suite): readonly Check[] {
  const model = modelOf(suite.service);
  return [
    ...Object.entries(signatureCodes(model)).map(([signing, codes]) =>
      signatureCheck(suite, signing as Signing, codes),
    ),
    ...unknownOperation(suite, model),
    ...envelopeChecks(suite, model),
    ...Object.keys(model.operations).flatMap((operation) => inputChecks(suite, model, operation)),
  ];
}

type Codes = Readonly<Record<Signing, readonly string[]>>;

const query: Codes = {
  none: ['MissingAuthenticationToken'],
  'unknown-key': ['InvalidClientTokenId'],
  'wrong-signature': ['SignatureDoesNotMatch'],
  'an-hour-old': ['SignatureDoesNotMatch', 'RequestExpired'],
  'other-service': ['SignatureDoesNotMatch'],
};
const json: Codes = {
  none: ['MissingAuthenticationTokenException', 'MissingAuthenticationToken'],
  'unknown-key': ['UnrecognizedClientException'],
  'wrong-signature': ['InvalidSignatureException'],
  'an-hour-old': ['InvalidSignatureException'],
  'other-service': ['InvalidSignatureException'],
};
const ec2: Codes = {
  none: ['MissingParameter', 'AuthFailure', 'MissingAuthenticationToken'],
  'unknown-key': ['AuthFailure'],
  'wrong-signature': ['AuthFailure', 'SignatureDoesNotMatch'],
  'an-hour-old': ['RequestExpired', 'AuthFailure'],
  'other-service': ['AuthFailure', 'SignatureDoesNotMatch'],
};
const s3: Codes = {
  none: ['AccessDenied'],
  'unknown-key': ['InvalidAccessKeyId'],
  'wrong-signature': ['SignatureDoesNotMatch'],
  'an-hour-old': ['RequestTimeTooSkewed'],
  'other-service': ['AuthorizationHeaderMalformed', 'SignatureDoesNotMatch'],
};

/** Sources: "Common errors" of each service's API reference; for S3, "Error responses". */
function signatureCodes({ metadata }: ServiceModel): Partial<Codes> {
  if (metadata.protocol === 'ec2') return ec2;
  if (metadata.protocol === 'rest-xml') return s3;
  return metadata.protocol === 'query' ? query : json;
}

const faults: Readonly<Record<Signing, string>> = {
  none: 'a request without a signature',
  'unknown-key': 'an access key that does not exist',
  'wrong-signature': 'a signature that does not fit',
  'an-hour-old': 'a signature that is an hour old',
  'other-service': 'a signature for another service',
};

/**
 * An endpoint of one service alone says that the scope is wrong; one for all services takes the request for that of
 * the other service. Both are refusals.
 */
function signatureCheck({ probe }: Suite, signing: Signing, codes: readonly string[]): Check {
  return {
    name: `refuses ${faults[signing]}`,
    source: 'API reference, common errors',
    async run({ raw }) {
      const { status, code } = await raw(probe, signing);
      const isRefused = status >= 400 && (codes.includes(code) || signing === 'other-service');
      holds(isRefused, `a refusal with ${codes.join(' or ')}`, `${status} ${code}`);
    },
  };
}

/** Forms say what they ask and of which version of the API. EC2 keeps all its versions. */
function envelopeChecks({ probe }: Suite, { metadata }: ServiceModel): readonly Check[] {
  const { protocol, apiVersion } = metadata;
  if (protocol !== 'query' && protocol !== 'ec2') return [];
  const otherVersion = String(probe.body).replace(`Version=${apiVersion}`, 'Version=1999-12-31');
  const wrong = [
    { problem: 'a request that names no action', body: `Version=${apiVersion}`, wanted: 'MissingAction' },
    { problem: 'a version that it never had', body: otherVersion, wanted: 'InvalidAction' },
  ];
  return wrong.slice(0, protocol === 'ec2' ? 1 : 2).map(({ problem, body, wanted }) => ({
    name: `refuses ${problem}`,
    source: 'API reference, common errors',
    async run({ raw }) {
      const { status, code } = await raw({ ...probe, body });
      holds(status >= 400 && code === wanted, `a refusal with ${wanted}`, `${status} ${code}`);
    },
  }));
}

/** Services of REST know paths, not operations. */
function unknownOperation({ probe }: Suite, { metadata }: ServiceModel): readonly Check[] {
  const isQuery = metadata.protocol === 'query' || metadata.protocol === 'ec2';
  const target = probe.headers?.['x-amz-target'];
  if (!isQuery && target === undefined) return [];
  const request = isQuery
    ? { ...probe, body: `Action=DoWhatNobodyKnows&Version=${metadata.apiVersion}` }
    : { ...probe, headers: { ...probe.headers, 'x-amz-target': `${metadata.targetPrefix}.DoWhatNobodyKnows` } };
  const codes = isQuery ? ['InvalidAction'] : ['UnknownOperationException'];
  return [
    {
      name: 'refuses an operation that it does not have',
      source: 'API reference, common errors',
      async run({ raw }) {
        const { status, code } = await raw(request);
        holds(status >= 400 && codes.includes(code), `a refusal with ${codes.join(' or ')}`, `${status} ${code}`);
      },
    },
  ];
}

const isRead = (operation: string) => /^(Describe|Get|List|Head|AssumeRole)/.test(operation);

/** The inputs are about things that do not exist, but an endpoint that takes them may make something. */
function inputChecks(suite: Suite, model: ServiceModel, operation: string): readonly Check[] {
  return badInputs({ model, suite }, operation).map(({ problem, input }) => ({
    name: `${operation} refuses ${problem}`,
    source: 'model',
    ...(isRead(operation) ? {} : { changes: true as const }),
    run: ({ refuse }: Place) => refuse(operation, input, suite.invalidCodes),
  }));
}
