export * from './fan-out';
export * from './fifo-fan-out';
export * from './filter-policy';
export * from './replay';
export * from './subscribers/mobile-push-subscription';
export * from './subscribers/queue-subscription';
export * from './subscription-dead-letters';
