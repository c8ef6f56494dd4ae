import type { Capability } from '#capability';
import { SmtpMailer, type MailerConfig } from '#drivers/smtp/mailer';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { Vault } from '#kernel/vault';
import { linkRoutes } from './api/links.ts';
import { publishOperations } from './api/publish.ts';
import { subscriptionOperations } from './api/subscriptions.ts';
import { topicOperations } from './api/topics.ts';
import { Deliveries } from './delivery/deliveries.ts';
import { Sender } from './delivery/sender.ts';
import { Publisher } from './publisher.ts';
import { topicResources } from './resources.ts';
import { Signer } from './signing/signer.ts';
import { SubscriptionStore } from './store/subscriptions.ts';
import { TopicStore } from './store/topics.ts';
import { Subscriptions } from './subscriptions.ts';
import { Topics } from './topics.ts';

export interface TopicsPlatform {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly vault: Vault;
  readonly dispatcher: Dispatcher;
  /** Base URL for clients, once it listens. */
  readonly endpoint: () => string;
  readonly mail: MailerConfig;
}

export function createTopics(platform: TopicsPlatform): { topics: Topics; capability: Capability } {
  const { state, clock, dispatcher, endpoint, mail } = platform;
  const log = platform.log.with({ part: 'topics' });
  const store = new TopicStore(state);
  const subscriptionStore = new SubscriptionStore(state);
  const signer = new Signer(platform);
  const sender = new Sender({
    dispatcher,
    topics: store,
    subscriptions: subscriptionStore,
    signer,
    mailer: new SmtpMailer(mail),
    clock,
    endpoint,
  });
  const deliveries = new Deliveries({ state, clock, log, topics: store, subscriptions: subscriptionStore, sender });
  const topics = new Topics({ store, subscriptions: subscriptionStore, clock });
  const subscriptions = new Subscriptions({ topics: store, store: subscriptionStore, deliveries, clock });
  const publisher = new Publisher({ topics: store, subscriptions: subscriptionStore, deliveries, clock });
  const capability: Capability = {
    name: 'topics',
    apis: [
      {
        service: 'sns',
        operations: {
          ...topicOperations(topics),
          ...subscriptionOperations(subscriptions, topics),
          ...publishOperations(publisher),
        },
      },
    ],
    resources: topicResources,
    routes: linkRoutes(subscriptions, signer),
    start: () => deliveries.start(),
    stop: () => deliveries.stop(),
  };
  return { topics, capability };
}
