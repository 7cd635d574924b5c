import { loadModel, type Member, type Model, type ModelOperation, type Shape } from '../../simulator/wire/model.ts';

/** The services whose models the suites are held against. */
export type ServiceModel = Model;
export type { Member, ModelOperation, Shape };

/** The model of a service by its name in `simulator/models/`. */
export const modelOf = (service: string): ServiceModel => loadModel(service);

/** What a reference points to, or nothing where the trimmed model ends. */
export const shapeAt = (model: ServiceModel, reference: { readonly shape: string } | undefined): Shape | undefined =>
  reference === undefined ? undefined : model.shapes[reference.shape];

/** The name under which requests to the service are signed. */
export const signingNameOf = ({ metadata }: ServiceModel): string => metadata.signingName ?? metadata.endpointPrefix;
