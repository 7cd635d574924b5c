import * as v from 'valibot';
import { countFromOne, countFromZero, number, strictObject, variantObject } from '../schema/shapes.ts';
import * as workloads from './workloads.ts';

const minutes = v.pipe(number, v.minValue(0));

/** Either as an execution enters a state for the n-th time, or minutes after the start of the scenario. */
const moment = v.union([
  strictObject({ machine: v.string(), state: v.string(), nth: v.optional(countFromOne, 1) }),
  strictObject({ minute: minutes }),
]);

/** Something that happens beside the stack: by a person, by a tool of theirs, or, to Spot Instances, by EC2. */
export const operatorAction = strictObject({
  when: moment,
  does: v.variant('kind', [
    variantObject({ kind: v.literal('stop-executions'), of: v.string(), error: v.string(), cause: v.string() }),
    variantObject({ kind: v.literal('remove-stack') }),
    /** `<cluster>/<node group>`. */
    variantObject({ kind: v.literal('set-desired-capacity'), group: v.string(), to: countFromZero }),
    /** The oldest instance in service, of one Availability Zone if it says so. With `decrement` nothing replaces it. */
    variantObject({
      kind: v.literal('terminate-instance'),
      group: v.string(),
      availabilityZone: v.optional(v.pipe(v.string(), v.length(1))),
      decrement: v.optional(v.boolean(), false),
    }),
    /** The oldest Spot Instance of the group in service. The notice comes two minutes before the end of its machine. */
    variantObject({ kind: v.literal('interrupt-spot-instance'), group: v.string() }),
    variantObject({ kind: v.literal('recommend-rebalance'), group: v.string() }),
    /** Created or replaced, as by `kubectl apply` of an administrator. */
    variantObject({ kind: v.literal('apply-manifest'), cluster: v.string(), manifest: workloads.manifest }),
  ]),
});
