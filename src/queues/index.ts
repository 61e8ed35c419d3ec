export * from './dead-letters';
export * from './encryption';
export * from './event-dead-letters';
export * from './ordering';
export * from './shared-dead-letter-queue';
export * from './work-queue';
export * from './work-queue-destination';
export * from './work-queue-target';
