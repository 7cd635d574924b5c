import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Ec2 } from '../ec2/ec2.ts';
import type { AmazonsAmi, Nodegroup, SourceTemplate } from './eks-state.ts';

/** One version of a caller's template, with its data, and what Amazon brings where it names no AMI. */
export type ResolvedSource = {
  readonly source: SourceTemplate;
  readonly data: RequestLaunchTemplateData;
  readonly amazonsAmi?: AmazonsAmi | undefined;
};

/** Looks up the caller's template. @throws ServiceError of EC2 when there is no such template or version. */
export function resolveSource(
  ec2: Ec2,
  {
    id,
    name,
    version = '$Default',
  }: { readonly id?: string | undefined; readonly name?: string | undefined; readonly version?: string | undefined },
): ResolvedSource {
  const template = ec2.launchTemplate({ LaunchTemplateId: id, LaunchTemplateName: name }, version);
  return {
    source: {
      ...{ id: template.id, name: template.name, version: String(template.version) },
      imageId: template.data.ImageId ?? '',
    },
    data: template.data,
  };
}

/** A caller's template that names no AMI, with Amazon's. */
export const withAmazonsAmi = ({ source, data }: ResolvedSource, amazonsAmi: AmazonsAmi): ResolvedSource => ({
  source: { ...source, imageId: amazonsAmi.imageId },
  data: { ...data, ImageId: amazonsAmi.imageId },
  amazonsAmi,
});

/** From now on the node group is described as being what it was updated to. */
export function settleOn(nodegroup: Nodegroup, { source, amazonsAmi }: ResolvedSource): void {
  nodegroup.source = source;
  nodegroup.amazonsAmi = amazonsAmi;
}

/**
 * What EKS makes of the caller's template for its own, generated one: the instance type goes (the group's mixed
 * instances policy has it), the instance profile of the node role comes.
 */
export function generatedData(data: RequestLaunchTemplateData, profileArn: string): RequestLaunchTemplateData {
  const { InstanceType: _, IamInstanceProfile: __, ...rest } = data;
  return { ...rest, IamInstanceProfile: { Arn: profileArn } };
}

/** A new version of the generated template that follows a version of the caller's. Returns its number. */
export function addGeneratedVersion(ec2: Ec2, nodegroup: Nodegroup, { source, data }: ResolvedSource): number {
  const reference = { LaunchTemplateId: nodegroup.internalTemplate.id };
  const current = ec2.launchTemplate(reference, String(nodegroup.internalVersion));
  const profileArn = current.data.IamInstanceProfile?.Arn ?? '';
  const { version } = ec2.addLaunchTemplateVersion(reference, { data: generatedData(data, profileArn) });
  nodegroup.sources.set(version, source);
  return version;
}
