import * as v from 'valibot';
import { nonEmpty, openObject } from './shapes.ts';

/**
 * What CloudFormation sends to the provider of a custom resource.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
 */
export const StackEvent = openObject({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResponseURL: v.pipe(v.string(), v.url()),
  StackId: nonEmpty,
  RequestId: nonEmpty,
  LogicalResourceId: nonEmpty,
  PhysicalResourceId: v.optional(nonEmpty),
});
export type StackEvent = Readonly<v.InferOutput<typeof StackEvent>>;

/**
 * What CloudFormation is told: that the resource is made, or gone; or why not, in which case a stack that is being deleted
 * stays, with everything that the resource needs.
 *
 * @param failure Missing when all is well.
 */
export function answerTo(event: StackEvent, failure: Error | undefined) {
  const { StackId, RequestId, LogicalResourceId } = event;
  // The same id for ever: another one would tell CloudFormation that the resource was replaced.
  const PhysicalResourceId = event.PhysicalResourceId ?? 'node-groups';
  const about = { StackId, RequestId, LogicalResourceId, PhysicalResourceId };
  if (failure === undefined) return { ...about, Status: 'SUCCESS' as const };
  return { ...about, Status: 'FAILED' as const, Reason: `${failure.name}: ${failure.message}`.slice(0, 1000) };
}
