import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BucketEventFanOut } from 'cdk-decouple/fanout';

const app = new App();
const stack = new Stack(app, 'ImagePlatform', {
  description: 'The events of a bucket of images go to the queues of thumbnails, moderation and search; each takes what it needs.',
  synthesizer: new LegacyStackSynthesizer(),
});

const images = new s3.Bucket(stack, 'Images', {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  versioned: true,
  lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7), noncurrentVersionExpiration: Duration.days(30) }],
});

const events = new BucketEventFanOut(stack, 'ImageEvents', { bucket: images });

// Thumbnails are made of photos, which take up to half a minute each.
const thumbnails = events.addQueue('Thumbnails', {
  objects: [{ prefix: 'uploads/', suffix: '.jpg' }, { prefix: 'uploads/', suffix: '.png' }],
  visibilityTimeout: Duration.minutes(3),
});

// Moderation sees every upload, so that it overlaps with the thumbnails. S3 alone would refuse that.
const moderation = events.addQueue('Moderation', {
  objects: [{ prefix: 'uploads/' }],
});

// The search index also follows what is deleted, wherever it is.
const search = events.addQueue('Search', {
  events: [s3.EventType.OBJECT_CREATED, s3.EventType.OBJECT_REMOVED],
});

// Each service has a role. The website uploads, and each of the others receives from its own queue; two of them read the images.
const ecsTasks = new iam.ServicePrincipal('ecs-tasks.amazonaws.com');
const website = new iam.Role(stack, 'Website', { assumedBy: ecsTasks });
const thumbnailService = new iam.Role(stack, 'ThumbnailService', { assumedBy: ecsTasks });
const moderationService = new iam.Role(stack, 'ModerationService', { assumedBy: ecsTasks });
const searchService = new iam.Role(stack, 'SearchService', { assumedBy: ecsTasks });

const allow = (role: iam.Role, action: string, keys: string) =>
  role.addToPolicy(new iam.PolicyStatement({ actions: [action], resources: [images.arnForObjects(keys)] }));
allow(website, 's3:PutObject', 'uploads/*');
allow(thumbnailService, 's3:GetObject', 'uploads/*');
allow(thumbnailService, 's3:PutObject', 'thumbnails/*');
allow(moderationService, 's3:GetObject', 'uploads/*');

thumbnails.grantConsumeMessages(thumbnailService);
moderation.grantConsumeMessages(moderationService);
search.grantConsumeMessages(searchService);
