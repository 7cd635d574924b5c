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

export type Parameters = {
  readonly put: (request: PutParameter) => ParameterVersion;
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

  const split = (reference: string) => {
    const name = reference.startsWith('arn:') ? reference.split(':parameter').slice(1).join(':parameter') : reference;
    const plain = reference.startsWith('arn:') && !name.slice(1).includes('/') ? name.slice(1) : name;
    const [stem = '', selector] = plain.split(':');
    return { stem: held.has(stem) || !held.has(`/${stem}`) ? stem : `/${stem}`, selector };
  };

  return {
    put(request) {
      const before = held.get(request.name);
      check(request, before);
      const previous = before?.versions.at(-1);
      const kmsKey = request.kmsKey ?? previous?.kmsKey;
      const version: ParameterVersion = {
        name: request.name,
        type: request.type ?? previous?.type ?? 'String',
        value: request.value,
        version: (previous?.version ?? 0) + 1,
        lastModified: clock.now(),
        dataType: request.dataType ?? previous?.dataType ?? 'text',
        ...(kmsKey !== undefined && { kmsKey }),
      };
      const versions = [...(before?.versions ?? []), version].slice(-100);
      held.set(request.name, { versions, allowedPattern: request.allowedPattern ?? before?.allowedPattern });
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

function check({ name, value, type, overwrite = false, allowedPattern }: PutParameter, before: Held | undefined): void {
  if (before !== undefined && !overwrite) {
    throw new ServiceError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  }
  if (before === undefined && type === undefined)
    throw new ServiceError('ValidationException', 'A parameter type is required when you create a parameter.');
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
