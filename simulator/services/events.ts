import type { Kernel } from '../kernel/kernel.ts';
import type { AwsEvent, EventBus, Service } from '../kernel/service.ts';
import { createDelivery, createRuleCounter, type Delivery, type DeliveryDependencies } from './events/delivery.ts';
import { createEventOperations } from './events/operations.ts';
import { createRules, type Rule, type Rules } from './events/rules.ts';

export type Events = {
  readonly service: Service;
  /** For the services of the account: only they may use a source that begins with `aws.`. */
  readonly bus: EventBus;
  /** Puts an event that comes from elsewhere as it is, with an id and time of its own. */
  readonly inject: (event: AwsEvent) => void;
  readonly rules: Rules;
};

/** How late each copy of a delivery arrives, in milliseconds on top of the usual latency: none is lost, two is doubled. */
export type Disturbance = (delivery: { readonly event: AwsEvent; readonly rule: Rule }) => readonly number[];

type Dependencies = DeliveryDependencies & { readonly disturb?: Disturbance };

/** The default event bus of the account: rules, schedules, deliveries. Delivery is at least once and in no order. */
export function createEvents(dependencies: Dependencies): Events {
  const { kernel, disturb = ({ rule }) => kernel.faults.onEvent(rule.name) } = dependencies;
  const count = createRuleCounter(dependencies.metrics);
  const deliver = createDelivery(dependencies);
  const stamp = createStamp(kernel);

  const schedule = (delivery: Delivery, extraDelay: number, copy: number) => {
    const { event, rule, target } = delivery;
    const [low, high] = kernel.timings.eventDelivery;
    const latency = kernel.random.between(low, high, 'event-delivery', event.id, rule.name, target.id, copy);
    kernel.clock.after(latency + extraDelay, () => deliver(delivery));
  };
  const dispatch = (event: AwsEvent, rule: Rule) => {
    count('TriggeredRules', rule.name);
    const receivedAt = kernel.clock.now();
    const delays = disturb({ event, rule });
    if (delays.length === 0) kernel.log.write('event.lost', { id: event.id, rule: rule.name });
    for (const target of rule.targets) {
      for (const [copy, delay] of delays.entries()) schedule({ event, rule, target, receivedAt }, delay, copy);
    }
  };
  const put = (event: AwsEvent) => {
    kernel.log.write('event.put', {
      id: event.id,
      source: event.source,
      detailType: event['detail-type'],
      resources: event.resources,
    });
    for (const rule of rules.matching(event)) {
      count('MatchedEvents', rule.name);
      dispatch(event, rule);
    }
  };
  // A scheduled rule hands its event to its own targets only; it is not on the bus for others to match.
  const rules = createRules(kernel, (rule) => {
    const event = stamp({ source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [rule.arn], detail: {} });
    kernel.log.write('event.scheduled', { id: event.id, rule: rule.name });
    dispatch(event, rule);
  });

  return {
    service: { model: 'events', name: 'EventBridge', operations: createEventOperations({ kernel, rules, put, stamp }) },
    bus: { put: (event) => put(stamp(event)) },
    inject: put,
    rules,
  };
}

/** Gives an event its id, account, time and Region. Equal events of one instant are told apart by counting them. */
function createStamp(kernel: Kernel): (event: Parameters<EventBus['put']>[0], time?: Date) => AwsEvent {
  const { accountId, region } = kernel.identity;
  let instant = Number.NaN;
  let seen = new Map<string, number>();

  return (event, at = new Date(kernel.clock.now())) => {
    if (kernel.clock.now() !== instant) {
      instant = kernel.clock.now();
      seen = new Map();
    }
    const { source, resources, detail } = event;
    const time = `${at.toISOString().slice(0, 19)}Z`;
    const content = JSON.stringify([source, event['detail-type'], resources, detail, time]);
    const count = seen.get(content) ?? 0;
    seen.set(content, count + 1);
    const id = kernel.random.uuid('event', instant, content, count);
    return {
      version: '0',
      id,
      'detail-type': event['detail-type'],
      source,
      account: accountId,
      time,
      region,
      resources,
      detail,
    };
  };
}
