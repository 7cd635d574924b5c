import type {
  ListSubscriptionsByTopicCommandInput,
  ListSubscriptionsCommandInput,
  ListTopicsCommandInput,
  SubscribeCommandInput,
  UnsubscribeCommandInput,
} from '@aws-sdk/client-sns';
import { onEverything, onResource } from '../../iam/dependent-actions.ts';
import { type Operation, type Service, ServiceError } from '../../kernel/service.ts';
import { paginate } from '../ec2/paging.ts';
import type { Sns, Subscription } from '../sns.ts';

type Store = Pick<Sns, 'topics' | 'topic' | 'subscriptions' | 'subscribe' | 'unsubscribe'>;

const invalid = (message: string) => new ServiceError('InvalidParameter', `Invalid parameter: ${message}`);

/** Topics and who listens to them. Lists come in pages of 100, as SNS gives them. */
export function createSubscriptionOperations(store: Store, accountId: string): Service['operations'] {
  const page = <T>(items: readonly T[], token: string | undefined) => {
    const found = paginate(items, { token, size: 100, invalidToken: () => invalid('NextToken') });
    return { items: found.items, next: found.nextToken === undefined ? {} : { NextToken: found.nextToken } };
  };
  const subscriptionPage = (all: readonly Subscription[], token: string | undefined) => {
    const { items, next } = page(all, token);
    return { Subscriptions: items.map((subscription) => describe(subscription, accountId)), ...next };
  };

  const listTopics: Operation<ListTopicsCommandInput> = {
    needs: () => [onEverything('sns:ListTopics')],
    run({ NextToken }) {
      const { items, next } = page(store.topics(), NextToken);
      return { Topics: items.map(({ arn }) => ({ TopicArn: arn })), ...next };
    },
  };
  const listSubscriptions: Operation<ListSubscriptionsCommandInput> = {
    needs: () => [onEverything('sns:ListSubscriptions')],
    run: ({ NextToken }) =>
      subscriptionPage(
        store.topics().flatMap(({ arn }) => store.subscriptions(arn)),
        NextToken,
      ),
  };
  const listByTopic: Operation<ListSubscriptionsByTopicCommandInput> = {
    needs: ({ TopicArn = '' }) => [onResource('sns:ListSubscriptionsByTopic', TopicArn)],
    run: ({ TopicArn = '', NextToken }) => subscriptionPage(store.subscriptions(TopicArn), NextToken),
  };
  const subscribe: Operation<SubscribeCommandInput> = {
    needs: ({ TopicArn = '', Protocol = '', Endpoint = '' }) => [
      onResource('sns:Subscribe', TopicArn, { 'sns:Protocol': Protocol, 'sns:Endpoint': Endpoint }),
    ],
    run(input) {
      const { protocol, rawMessageDelivery } = checked(input);
      const { TopicArn: topicArn = '', Endpoint: endpoint = '', ReturnSubscriptionArn = false } = input;
      if (store.topic(topicArn) === undefined)
        throw new ServiceError('NotFound', 'Topic does not exist', { status: 404 });
      const known = store.subscriptions(topicArn);
      const made =
        known.find((one) => one.protocol === protocol && one.endpoint === endpoint) ??
        store.subscribe({ topicArn, protocol, endpoint, rawMessageDelivery });
      const isShown = made.status === 'confirmed' || ReturnSubscriptionArn;
      return { SubscriptionArn: isShown ? made.arn : 'pending confirmation' };
    },
  };
  const unsubscribe: Operation<UnsubscribeCommandInput> = {
    needs: () => [onEverything('sns:Unsubscribe')],
    run: ({ SubscriptionArn = '' }) => store.unsubscribe(SubscriptionArn),
  };
  return {
    ...{ ListTopics: listTopics, ListSubscriptions: listSubscriptions, ListSubscriptionsByTopic: listByTopic },
    ...{ Subscribe: subscribe, Unsubscribe: unsubscribe },
  };
}

function checked({ Protocol, Endpoint, Attributes = {} }: SubscribeCommandInput) {
  if (Protocol !== 'email' && Protocol !== 'email-json' && Protocol !== 'sqs') {
    throw invalid(`Protocol ${Protocol} (simulated are email, email-json and sqs)`);
  }
  if (Endpoint === undefined || Endpoint === '') throw invalid('Endpoint');
  const { RawMessageDelivery = 'false', ...others } = Attributes;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw invalid(`Attributes: ${unknown} is not simulated`);
  return { protocol: Protocol, rawMessageDelivery: RawMessageDelivery === 'true' } as const;
}

function describe({ arn, topicArn, protocol, endpoint, status }: Subscription, owner: string) {
  return {
    SubscriptionArn: status === 'confirmed' ? arn : 'PendingConfirmation',
    ...{ Owner: owner, Protocol: protocol, Endpoint: endpoint, TopicArn: topicArn },
  };
}
