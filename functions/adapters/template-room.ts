import { DescribeLaunchTemplateVersionsCommand } from '@aws-sdk/client-ec2';
import type { ReadTemplate } from '../domain/mixed-instances.ts';
import type { NodeGroup } from '../domain/node-group.ts';
import { awsCall } from './aws-call.ts';
import { ec2 } from './ec2-client.ts';

/** Versions that a template may have (EC2 User Guide, restrictions for launch templates); accounts may differ. */
const quota = 10_000;

/** Numbers are never used twice, so a template whose newest version is below this one has room for certain. */
const closeToQuota = quota - 100;

async function countVersions(templateId: string): Promise<number> {
  let count = 0;
  let nextToken: string | undefined;
  do {
    const page = await awsCall('ec2:DescribeLaunchTemplateVersions', `launch template ${templateId}`, () =>
      ec2().send(
        new DescribeLaunchTemplateVersionsCommand({
          LaunchTemplateId: templateId,
          MaxResults: 200,
          ...(nextToken !== undefined && { NextToken: nextToken }),
        }),
      ),
    );
    count += page.LaunchTemplateVersions?.length ?? 0;
    nextToken = page.NextToken;
  } while (nextToken);
  return count;
}

async function measure<Read extends ReadTemplate>(read: Read): Promise<Read> {
  if ((read.newestVersion ?? 0) < closeToQuota) return read;
  return { ...read, versionsLeft: Math.max(0, quota - (await countVersions(read.template.id))) };
}

/**
 * The group with how many versions its launch templates may still get, where that may be few. Versions are counted only
 * then, since it takes a call for every two hundred.
 */
export async function withRoom(group: NodeGroup): Promise<NodeGroup> {
  const { source } = group;
  if (source.type !== 'launch-template') return group;
  const overrides = await Promise.all(
    (source.overrides ?? []).map(async (each) => ({ ...each, own: each.own && (await measure(each.own)) })),
  );
  return { ...group, source: { ...(await measure(source)), ...(source.overrides && { overrides }) } };
}
