import type { ReasonName } from '../../../functions/domain/errors.ts';
import type { Outcome } from '../../../functions/domain/report.ts';
import type { Stage } from '../../../scripts/start/stage.ts';
import type { Scenario, ScenarioNodeGroup } from '../../../simulator/scenario/schema.ts';

export const oldAmi = 'ami-0a1b2c3d4e5f60001';
export const newAmi = 'ami-0a1b2c3d4e5f60002';
/** Neither the old nor the new one. */
export const otherAmi = 'ami-0a1b2c3d4e5f60003';

/** One kind of node group, and what a run makes of it: a row of docs/node-groups.md and a test. */
export type Case = {
  /** What the group is, for people. */
  readonly kind: string;
  /** Also the name of the test. Two cases may share one in different clusters. */
  readonly name: string;
  readonly cluster?: string;
  /** What differs from two self-managed nodes of a numbered version with room for two more. */
  readonly group?: Partial<ScenarioNodeGroup>;
  readonly outcome: Outcome;
  readonly reason?: ReasonName | 'LaunchTemplateFull';
  /** What the report tells of the group beside its outcome. */
  readonly told?: 'regressed' | 'nearlyFull';
  /** One sentence on what happens and what to do. */
  readonly sentence: string;
  /** False for a group without our tags: it is there for the sake of others, in no report and in no row. */
  readonly optedIn?: boolean;
};

/** Cases that are played together, in one account and one run. */
export type CaseAccount = {
  readonly name: string;
  /** What the account has that others have not, in a phrase for the page; nothing when it is ordinary. */
  readonly circumstances?: string;
  readonly change?: (scenario: Scenario) => void;
  /** What has happened before the run; then the run is started by hand, since its image may have had one. */
  readonly earlier?: (stage: Stage) => Promise<void>;
  /** What the run is started with by hand, instead of the event of its image. */
  readonly input?: object;
  readonly cases: readonly Case[];
};
