export * from './ec2-workers';
export * from './in-flight-protection';
export * from './purchasing';
export * from './queue-scaling';
export * from './queue-workers';
export * from './worker-image';
