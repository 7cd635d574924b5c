import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { ParseError } from '@aws-lambda-powertools/parser/errors';
import { parser } from '@aws-lambda-powertools/parser/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as v from 'valibot';
import { InvalidInput } from '../domain/errors.ts';
import type { Issue } from '../domain/findings.ts';
import type { Account } from '../domain/image.ts';
import { inputSentence } from '../domain/input-sentence.ts';

export const logger = new Logger();

/** Gives the parser's refusal a name that the console shows and a sentence that says which field to change. */
const nameInvalidInput = {
  onError: (request: { error: Error | null }) => {
    if (!(request.error instanceof ParseError) || !Array.isArray(request.error.cause)) return;
    const issues = request.error.cause as readonly Issue[];
    request.error = new InvalidInput(inputSentence(issues), { cause: request.error });
  },
};

/** The account and Region that the function runs in, as its own ARN says. */
function accountOf({ invokedFunctionArn }: Context): Account {
  const [, partition = '', , region = '', accountId = ''] = invokedFunctionArn.split(':');
  return { partition, region, accountId };
}

/**
 * Lambda's own time-out ends the environment, and with it whatever the step was doing. An answer given shortly before
 * would leave that in the frozen environment, to go on during the next invocation.
 */
const leaveTimeOutsToLambda = 0;

/**
 * The Lambda handler of one step: logs with the invocation's context, checks the input against `schema` and runs
 * `step` with what came out.
 *
 * @throws {InvalidInput} The input does not fit; the step has not run.
 */
export const task = <Schema extends v.GenericSchema, Output>(
  schema: Schema,
  step: (input: v.InferOutput<Schema>, account: Account) => Promise<Output>,
) =>
  middy<unknown, Output, Error, Context>({ timeoutEarlyInMillis: leaveTimeOutsToLambda })
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(nameInvalidInput)
    .use(parser({ schema }))
    .handler((input, context) => step(input as v.InferOutput<Schema>, accountOf(context)));
