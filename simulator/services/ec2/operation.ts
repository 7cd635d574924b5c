import { onEverything } from '../../iam/dependent-actions.ts';
import { type CallContext, type Operation, type Permission, ServiceError } from '../../kernel/service.ts';

type Ec2Request = { readonly DryRun?: boolean | undefined };

/** An EC2 operation: every one of them can be tried without being done. */
export function ec2Operation<Input extends Ec2Request, Output>(
  needs: (input: Input, call: CallContext) => readonly Permission[],
  run: (input: Input, call: CallContext) => Output,
): Operation<Input, Output> {
  return {
    needs,
    run(input, call) {
      if (input.DryRun === true) throw dryRun();
      return run(input, call);
    },
  };
}

/** Describe operations of EC2 take no resource: their policy must allow `*`. */
export function describePermission(operation: string): () => readonly Permission[] {
  const permission = onEverything(`ec2:${operation}`);
  return () => [permission];
}

export function invalidToken(): ServiceError {
  return new ServiceError('InvalidNextToken', 'The token is not valid.');
}

/** The call was allowed, which is all that a dry run asks. */
function dryRun(): ServiceError {
  return new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', { status: 412 });
}
