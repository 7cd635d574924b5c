import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';

export type ParameterType = 'String' | 'StringList' | 'SecureString';

export type ParameterVersion = {
  readonly name: string;
  readonly type: ParameterType;
  readonly value: string;
  readonly version: number;
  readonly lastModified: number;
  readonly dataType: 'text' | 'aws:ec2:image';
  readonly kmsKey?: string;
};

export type PutParameter = {
  readonly name: string;
  readonly value: string;
  readonly type?: ParameterType;
  readonly overwrite?: boolean;
  readonly dataType?: 'text' | 'aws:ec2:image';
  readonly allowedPattern?: string;
  readonly kmsKey?: string;
};

/** A version that has its number, and counts from `take` on. */
export type ReservedVersion = { readonly version: ParameterVersion; readonly take: () => void };

export type Parameters = {
  readonly put: (request: PutParameter) => ParameterVersion;
  /** Checks a version and gives it its number, which stays used when the version is never taken. */
  readonly reserve: (request: PutParameter) => ReservedVersion;
  readonly exists: (name: string) => boolean;
  /** Deletes all versions and answers the newest; undefined when there is no such parameter. */
  readonly remove: (name: string) => ParameterVersion | undefined;
  /** The newest versions of all parameters of the account, by name; not those of AWS. */
  readonly all: () => readonly ParameterVersion[];
  /** By name, by ARN, or by either with `:<version>`. @throws {ServiceError} `ParameterNotFound`, `ParameterVersionNotFound` */
  readonly get: (reference: string) => ParameterVersion;
  readonly under: (path: string, recursive: boolean) => readonly ParameterVersion[];
  /** Parameters below `/aws/service/` are AWS's own and have no account. */
  readonly arn: (reference: string) => string;
};

type Held = { readonly versions: ParameterVersion[]; readonly allowedPattern: string | undefined };

/** Standard parameters: 4 KB, a hundred versions. Source: Systems Manager API Reference, PutParameter. */
export function createParameters({ clock, identity }: Pick<Kernel, 'clock' | 'identity'>): Parameters {
  const { accountId, region, partition } = identity;
  const held = new Map<string, Held>();
  const lastNumbers = new Map<string, number>();

  const split = (reference: string) => {
    const name = reference.startsWith('arn:') ? reference.split(':parameter').slice(1).join(':parameter') : reference;
    const plain = reference.startsWith('arn:') && !name.slice(1).includes('/') ? name.slice(1) : name;
    const [stem = '', selector] = plain.split(':');
    return { stem: held.has(stem) || !held.has(`/${stem}`) ? stem : `/${stem}`, selector };
  };

  const reserve = (request: PutParameter): ReservedVersion => {
    const { name } = request;
    const before = held.get(name);
    check(request, before);
    const previous = before?.versions.at(-1);
    const kmsKey = request.kmsKey ?? previous?.kmsKey;
    const number = (lastNumbers.get(name) ?? 0) + 1;
    lastNumbers.set(name, number);
    const version: ParameterVersion = {
      name,
      type: request.type ?? previous?.type ?? 'String',
      value: request.value,
      version: number,
      lastModified: clock.now(),
      dataType: request.dataType ?? previous?.dataType ?? 'text',
      ...(kmsKey !== undefined && { kmsKey }),
    };
    const take = () => {
      const versions = [...(held.get(name)?.versions ?? []), { ...version, lastModified: clock.now() }].slice(-100);
      held.set(name, { versions, allowedPattern: request.allowedPattern ?? before?.allowedPattern });
    };
    return { version, take };
  };

  return {
    reserve,
    exists: (name) => held.has(name),
    remove(name) {
      const newest = held.get(name)?.versions.at(-1);
      held.delete(name);
      lastNumbers.delete(name);
      return newest;
    },
    all: () =>
      [...held.values()]
        .flatMap(({ versions }) => versions.slice(-1))
        .filter(({ name }) => !name.startsWith('/aws/service/'))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    put(request) {
      const { version, take } = reserve(request);
      take();
      return version;
    },
    get(reference) {
      const { stem, selector } = split(reference);
      const versions = held.get(stem)?.versions;
      if (versions === undefined) throw new ServiceError('ParameterNotFound', `Parameter ${reference} not found.`);
      const found =
        selector === undefined ? versions.at(-1) : versions.find(({ version }) => String(version) === selector);
      if (found === undefined)
        throw new ServiceError(
          'ParameterVersionNotFound',
          `Systems Manager could not find version ${selector} of ${stem}.`,
        );
      return found;
    },
    under(path, recursive) {
      const prefix = path.endsWith('/') ? path : `${path}/`;
      return [...held.values()]
        .flatMap(({ versions }) => versions.slice(-1))
        .filter(({ name }) => name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/')))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    arn(reference) {
      const { stem } = split(reference);
      const owner = stem.startsWith('/aws/service/') ? '' : accountId;
      return `arn:${partition}:ssm:${region}:${owner}:parameter${stem.startsWith('/') ? '' : '/'}${stem}`;
    },
  };
}

/**
 * That the kind of a parameter stays what it is: PutParameter, HierarchyTypeMismatchException; user guide, "Parameter data
 * types" (a parameter cannot be changed to or from `aws:ec2:image`), which names no code.
 */
function checkKind({ type, dataType }: PutParameter, previous: ParameterVersion | undefined): void {
  const becomes = { type: type ?? previous?.type, dataType: dataType ?? previous?.dataType };
  if (previous !== undefined && becomes.type !== previous.type) {
    throw new ServiceError(
      'HierarchyTypeMismatchException',
      `The parameter ${previous.name} is of type ${previous.type}, which cannot be changed to ${type}.`,
    );
  }
  if (previous !== undefined && becomes.dataType !== previous.dataType) {
    throw new ServiceError(
      'ValidationException',
      `The data type of the parameter ${previous.name} cannot be changed from ${previous.dataType} to ${dataType}.`,
    );
  }
  if (becomes.dataType === 'aws:ec2:image' && becomes.type !== 'String') {
    throw new ServiceError('ValidationException', 'The data type aws:ec2:image is for parameters of type String.');
  }
}

function check(request: PutParameter, before: Held | undefined): void {
  const { name, value, type, overwrite = false, allowedPattern } = request;
  if (before !== undefined && !overwrite) {
    throw new ServiceError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  }
  if (before === undefined && type === undefined)
    throw new ServiceError('ValidationException', 'A parameter type is required when you create a parameter.');
  checkKind(request, before?.versions.at(-1));
  if (name.split('/').length > 16) {
    throw new ServiceError('HierarchyLevelLimitExceededException', 'A hierarchy can have a maximum of 15 levels.');
  }
  if (Buffer.byteLength(value) > 4096) {
    throw new ServiceError(
      'ValidationException',
      'Standard tier parameters support a maximum parameter value of 4096 characters.',
    );
  }
  const pattern = allowedPattern ?? before?.allowedPattern;
  if (pattern !== undefined && !new RegExp(pattern).test(value)) {
    throw new ServiceError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
    );
  }
}
