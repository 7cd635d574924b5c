import { ServiceError } from '../kernel/service.ts';
import type { Model } from './model.ts';
import { validationSentence } from './problem-text.ts';
import type { Problem } from './problems.ts';

/** Why a request is not believed to come from whom it says. */
export type AuthenticationFailure =
  | 'missing'
  | 'incomplete'
  | 'other-scheme'
  | 'unknown-key'
  | 'wrong-token'
  | 'expired-token'
  | 'wrong-signature'
  | 'clock-skew'
  | 'wrong-scope';

type Answer = readonly [code: string, status: number];

/** How a service words the refusals that have nothing to do with what it does. Sources: facts, section 10; API guides. */
export type Manners = {
  readonly authentication: Readonly<Record<AuthenticationFailure, Answer>>;
  readonly denied: Answer;
  /** What the service makes of IAM's sentence. */
  readonly deniedMessage: (sentence: string) => string;
  /** @param version Of the API, where requests name one. */
  readonly unknownOperation: (operation: string, version?: string) => ServiceError;
  /** The URI has percent signs that stand for nothing. */
  readonly unreadableUri: () => ServiceError;
  readonly invalid: (problems: readonly Problem[]) => ServiceError;
  readonly internal: Answer;
};

const authentication = (codes: Readonly<Record<AuthenticationFailure, string>>, status: number) => {
  const answers = Object.entries(codes).map(([failure, code]): [string, Answer] => [failure, [code, status]]);
  return Object.fromEntries(answers) as Manners['authentication'];
};

const queryCodes: Readonly<Record<AuthenticationFailure, string>> = {
  missing: 'MissingAuthenticationToken',
  incomplete: 'IncompleteSignature',
  'other-scheme': 'MissingAuthenticationToken',
  'unknown-key': 'InvalidClientTokenId',
  'wrong-token': 'InvalidClientTokenId',
  'expired-token': 'ExpiredToken',
  'wrong-signature': 'SignatureDoesNotMatch',
  'clock-skew': 'SignatureDoesNotMatch',
  'wrong-scope': 'SignatureDoesNotMatch',
};
const jsonCodes: Readonly<Record<AuthenticationFailure, string>> = {
  missing: 'MissingAuthenticationTokenException',
  incomplete: 'IncompleteSignatureException',
  'other-scheme': 'MissingAuthenticationTokenException',
  'unknown-key': 'UnrecognizedClientException',
  'wrong-token': 'UnrecognizedClientException',
  'expired-token': 'ExpiredTokenException',
  'wrong-signature': 'InvalidSignatureException',
  'clock-skew': 'InvalidSignatureException',
  'wrong-scope': 'InvalidSignatureException',
};

const invalidAs = (code: string) => (problems: readonly Problem[]) =>
  new ServiceError(code, validationSentence(problems), { status: 400 });

/**
 * IAM's common errors have 400 for an incomplete signature, and these codes for the rest. How the sentence about an
 * unknown action goes on: https://github.com/fog/fog-aws/issues/368.
 */
const query: Manners = {
  authentication: { ...authentication(queryCodes, 403), incomplete: ['IncompleteSignature', 400] },
  denied: ['AccessDenied', 403],
  deniedMessage: (sentence) => sentence,
  unknownOperation: (operation, version = 'NO_VERSION_SPECIFIED') =>
    new ServiceError('InvalidAction', `Could not find operation ${operation} for version ${version}`, { status: 400 }),
  unreadableUri: () =>
    new ServiceError('MalformedQueryString', 'The query string contains a syntax error.', { status: 404 }),
  invalid: invalidAs('ValidationError'),
  internal: ['InternalFailure', 500],
};

const json: Manners = {
  authentication: authentication(jsonCodes, 400),
  denied: ['AccessDeniedException', 400],
  deniedMessage: (sentence) => sentence,
  unknownOperation: (operation) =>
    new ServiceError('UnknownOperationException', `The operation ${operation} is not known.`, { status: 400 }),
  unreadableUri: () => new ServiceError('SerializationException', 'The URI cannot be decoded.', { status: 400 }),
  invalid: invalidJson('ValidationException'),
  internal: ['InternalFailure', 500],
};

const restJson: Manners = {
  ...json,
  authentication: authentication(jsonCodes, 403),
  denied: ['AccessDeniedException', 403],
  unknownOperation: (operation) =>
    new ServiceError('UnknownOperationException', `The operation ${operation} is not known.`, { status: 404 }),
  internal: ['InternalServerException', 500],
};

const ec2: Manners = {
  ...query,
  authentication: {
    ...authentication(
      {
        ...{ ...queryCodes, missing: 'AuthFailure', 'other-scheme': 'AuthFailure' },
        ...{ 'unknown-key': 'AuthFailure', 'wrong-token': 'AuthFailure' },
      },
      401,
    ),
    incomplete: ['IncompleteSignature', 400],
    'wrong-signature': ['SignatureDoesNotMatch', 403],
    'wrong-scope': ['SignatureDoesNotMatch', 403],
    'expired-token': ['RequestExpired', 400],
    'clock-skew': ['RequestExpired', 400],
  },
  denied: ['UnauthorizedOperation', 403],
  deniedMessage: (sentence) => `You are not authorized to perform this operation. ${sentence}`,
  unknownOperation: (operation) =>
    new ServiceError('InvalidAction', `The action ${operation} is not valid for this web service.`, { status: 400 }),
  invalid: invalidForEc2,
  internal: ['InternalError', 500],
};

const s3: Manners = {
  authentication: {
    missing: ['AccessDenied', 403],
    incomplete: ['AuthorizationHeaderMalformed', 400],
    'other-scheme': ['InvalidRequest', 400],
    'unknown-key': ['InvalidAccessKeyId', 403],
    'wrong-token': ['InvalidToken', 400],
    'expired-token': ['ExpiredToken', 400],
    'wrong-signature': ['SignatureDoesNotMatch', 403],
    'clock-skew': ['RequestTimeTooSkewed', 403],
    'wrong-scope': ['AuthorizationHeaderMalformed', 400],
  },
  denied: ['AccessDenied', 403],
  deniedMessage: (sentence) => sentence,
  unknownOperation: notImplemented,
  unreadableUri: () => new ServiceError('InvalidURI', "Couldn't parse the specified URI.", { status: 400 }),
  invalid: (problems) => {
    const unknown = problems.find((problem) => problem.kind === 'unknown');
    return unknown === undefined ? invalidAs('InvalidArgument')(problems) : notImplemented(unknown.written);
  },
  internal: ['InternalError', 500],
};

/** What cannot be read is told by every service of JSON alike; the rest by the service's own code. */
function invalidJson(code: string) {
  return (problems: readonly Problem[]) =>
    invalidAs(problems.some(({ kind }) => kind === 'type') ? 'SerializationException' : code)(problems);
}

/** S3's answer to operations, headers and parameters that are not there. */
function notImplemented(written: string): ServiceError {
  const message = `A header or parameter you provided implies functionality that is not implemented: ${written}`;
  return new ServiceError('NotImplemented', message, { status: 501 });
}

/** EC2 answers the first problem only, each kind with a code of its own. */
function invalidForEc2([problem]: readonly Problem[]): ServiceError {
  if (problem === undefined) return new ServiceError('InternalError', 'No problem was found.');
  const name = problem.path.join('.');
  switch (problem.kind) {
    case 'unknown':
      return new ServiceError('UnknownParameter', `The parameter ${problem.written} is not recognized`);
    case 'missing':
      return new ServiceError('MissingParameter', `The request must contain the parameter ${name}`);
    case 'type':
      return new ServiceError(
        'InvalidParameterValue',
        `Invalid value '${problem.value}' for ${name}. It must be a ${problem.expected}.`,
      );
    case 'constraint':
      return new ServiceError(
        'InvalidParameterValue',
        `Value (${problem.value}) for parameter ${name} is invalid. ${problem.constraint}`,
      );
  }
}

const byProtocol: Readonly<Record<string, Manners>> = {
  query,
  json,
  'rest-json': restJson,
  ec2,
  'rest-xml': s3,
  'smithy-rpc-v2-cbor': json,
};

/**
 * Where a service has its own words. EKS and Image Builder check members in the service, hence their own names; of
 * CloudWatch Logs: https://github.com/getmoto/moto/issues/6718.
 */
const byService: Readonly<Record<string, Partial<Manners>>> = {
  'CloudWatch Logs': { invalid: invalidJson('InvalidParameterException') },
  EKS: { invalid: invalidAs('InvalidParameterException') },
  imagebuilder: { invalid: invalidAs('InvalidRequestException') },
  SNS: { denied: ['AuthorizationError', 403], invalid: invalidAs('InvalidParameter') },
};

/** The manners of a service in the protocol in which it was asked. */
export function mannersOf({ metadata }: Model, protocol: string): Manners {
  return { ...(byProtocol[protocol] ?? query), ...byService[metadata.serviceId] };
}
