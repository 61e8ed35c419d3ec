export * from './dead-letters';
export * from './ordering';
export * from './shared-dead-letter-queue';
export * from './work-queue';
