import io.github.cdkdecouple.access.CustomServiceSourceOptions;
import io.github.cdkdecouple.access.Encryption;
import io.github.cdkdecouple.access.ServiceSource;
import io.github.cdkdecouple.delivery.AllRecordsBackupOptions;
import io.github.cdkdecouple.delivery.Buffering;
import io.github.cdkdecouple.delivery.DeliveryBucket;
import io.github.cdkdecouple.delivery.DeliveryBucketOptions;
import io.github.cdkdecouple.delivery.DeliveryLogging;
import io.github.cdkdecouple.delivery.DirectPut;
import io.github.cdkdecouple.delivery.DynamicPartitioning;
import io.github.cdkdecouple.delivery.FirehoseStream;
import io.github.cdkdecouple.delivery.GlueTableSchema;
import io.github.cdkdecouple.delivery.HttpContentEncoding;
import io.github.cdkdecouple.delivery.HttpEndpointBackup;
import io.github.cdkdecouple.delivery.HttpEndpointDestination;
import io.github.cdkdecouple.delivery.KinesisSource;
import io.github.cdkdecouple.delivery.KinesisSourceOptions;
import io.github.cdkdecouple.delivery.LogGroupOptions;
import io.github.cdkdecouple.delivery.ParquetConversionOptions;
import io.github.cdkdecouple.delivery.RecordConversion;
import io.github.cdkdecouple.delivery.RecordTransform;
import io.github.cdkdecouple.delivery.S3Destination;
import io.github.cdkdecouple.delivery.ServerAccessLogs;
import io.github.cdkdecouple.delivery.SourceBackup;
import io.github.cdkdecouple.delivery.SourceBackupOptions;
import io.github.cdkdecouple.delivery.SourceCapacity;
import io.github.cdkdecouple.fanout.BucketEventFanOut;
import io.github.cdkdecouple.fanout.BucketEventOptions;
import io.github.cdkdecouple.fanout.BucketEventQueueProps;
import io.github.cdkdecouple.fanout.BucketEventRoute;
import io.github.cdkdecouple.fanout.FanOut;
import io.github.cdkdecouple.fanout.FanOutProps;
import io.github.cdkdecouple.fanout.FanOutQueueProps;
import io.github.cdkdecouple.fanout.FifoFanOut;
import io.github.cdkdecouple.fanout.FifoFanOutQueueProps;
import io.github.cdkdecouple.fanout.FilterPolicy;
import io.github.cdkdecouple.fanout.QueueSubscription;
import io.github.cdkdecouple.fanout.Replay;
import io.github.cdkdecouple.fanout.SubscriberQueueProps;
import io.github.cdkdecouple.fanout.SubscriberStacks;
import io.github.cdkdecouple.fanout.SubscriptionDeadLetters;
import io.github.cdkdecouple.queues.DeadLetters;
import io.github.cdkdecouple.queues.DedicatedDeadLetterOptions;
import io.github.cdkdecouple.queues.DedicatedPayloadOptions;
import io.github.cdkdecouple.queues.Deduplication;
import io.github.cdkdecouple.queues.DurableReplyQueuesOptions;
import io.github.cdkdecouple.queues.FifoOrderingOptions;
import io.github.cdkdecouple.queues.FifoThroughput;
import io.github.cdkdecouple.queues.LargePayloads;
import io.github.cdkdecouple.queues.Ordering;
import io.github.cdkdecouple.queues.ReplyQueue;
import io.github.cdkdecouple.queues.ReplyQueues;
import io.github.cdkdecouple.queues.RequestResponse;
import io.github.cdkdecouple.queues.SharedDeadLetterQueue;
import io.github.cdkdecouple.queues.TemporaryReplyQueuesOptions;
import io.github.cdkdecouple.queues.WorkQueue;
import io.github.cdkdecouple.queues.WorkQueueProps;
import io.github.cdkdecouple.workers.BacklogScalingProps;
import io.github.cdkdecouple.workers.ContainerCommand;
import io.github.cdkdecouple.workers.ContainerCommandOptions;
import io.github.cdkdecouple.workers.Ec2Workers;
import io.github.cdkdecouple.workers.FargateWorkers;
import io.github.cdkdecouple.workers.FunctionConcurrency;
import io.github.cdkdecouple.workers.FunctionSource;
import io.github.cdkdecouple.workers.FunctionWorker;
import io.github.cdkdecouple.workers.InFlightProtection;
import io.github.cdkdecouple.workers.LatencyScalingProps;
import io.github.cdkdecouple.workers.ProvisionedPollersOptions;
import io.github.cdkdecouple.workers.Purchasing;
import io.github.cdkdecouple.workers.QueueScaling;
import io.github.cdkdecouple.workers.QueueSourceOptions;
import io.github.cdkdecouple.workers.ShellCommandOptions;
import io.github.cdkdecouple.workers.SpotPurchasingProps;
import io.github.cdkdecouple.workers.TaskProtection;
import io.github.cdkdecouple.workers.TerminationHookOptions;
import io.github.cdkdecouple.workers.WorkerCommand;
import io.github.cdkdecouple.workers.WorkerFunction;
import io.github.cdkdecouple.workers.WorkerImage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import software.amazon.awscdk.App;
import software.amazon.awscdk.BootstraplessSynthesizer;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Size;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.TimeZone;
import software.amazon.awscdk.services.cloudwatch.Alarm;
import software.amazon.awscdk.services.cloudwatch.ComparisonOperator;
import software.amazon.awscdk.services.cloudwatch.IMetric;
import software.amazon.awscdk.services.cloudwatch.MathExpressionOptions;
import software.amazon.awscdk.services.cloudwatch.MetricOptions;
import software.amazon.awscdk.services.cloudwatch.actions.SnsAction;
import software.amazon.awscdk.services.ec2.InstanceArchitecture;
import software.amazon.awscdk.services.ec2.InstanceType;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.UserData;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.ecs.ContainerImage;
import software.amazon.awscdk.services.ecs.CpuArchitecture;
import software.amazon.awscdk.services.events.CronOptions;
import software.amazon.awscdk.services.events.Rule;
import software.amazon.awscdk.services.events.Schedule;
import software.amazon.awscdk.services.events.targets.SqsQueue;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.kinesisfirehose.Compression;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.FilterCriteria;
import software.amazon.awscdk.services.lambda.FilterRule;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.FunctionProps;
import software.amazon.awscdk.services.lambda.Runtime;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.EventType;
import software.amazon.awscdk.services.s3.LifecycleRule;
import software.amazon.awscdk.services.s3.NotificationKeyFilter;
import software.amazon.awscdk.services.s3.notifications.SqsDestination;
import software.amazon.awscdk.services.secretsmanager.Secret;
import software.amazon.awscdk.services.secretsmanager.SecretStringGenerator;
import software.amazon.awscdk.services.sns.FilterOrPolicy;
import software.amazon.awscdk.services.sns.NumericConditions;
import software.amazon.awscdk.services.sns.StringConditions;
import software.amazon.awscdk.services.sns.SubscriptionFilter;
import software.amazon.awscdk.services.sns.TracingConfig;
import software.amazon.awscdk.services.sns.subscriptions.EmailSubscription;
import software.amazon.awscdk.services.sns.subscriptions.LambdaSubscription;
import software.amazon.awscdk.services.sqs.Queue;
import software.constructs.Construct;

/** The same app as in the folders beside this one; scripts/languages.ts compares the templates. */
public final class Shop {
    private final Stack stack;

    private Shop(final App app) {
        stack = Stack.Builder.create(app, "Shop")
            .description("A shop: orders, payments, pictures and clicks")
            .synthesizer(new BootstraplessSynthesizer())
            .build();
    }

    public static void main(final String[] args) {
        final App app = new App();
        new Shop(app).build();
        app.synth();
    }

    private Role service(final String id) {
        return Role.Builder.create(stack, id).assumedBy(new ServicePrincipal("ecs-tasks.amazonaws.com")).build();
    }

    private void build() {
        final Key key = Key.Builder.create(stack, "Key").enableKeyRotation(true).build();
        final Encryption encryption = Encryption.customerManaged(key);

        // Orders: one topic, and subscribers of every kind.
        final FanOut orders = FanOut.Builder.create(stack, "Orders")
            .displayName("Orders")
            .encryption(encryption)
            .tracingConfig(TracingConfig.ACTIVE)
            .build();
        final WorkQueue billing = orders.addQueue("Billing", FanOutQueueProps.builder()
            .encryption(encryption)
            .deadLetters(DeadLetters.dedicated(DedicatedDeadLetterOptions.builder().maxReceiveCount(3).retention(Duration.days(10)).build()))
            .filterPolicy(FilterPolicy.onAttributes(Map.of(
                "kind", SubscriptionFilter.stringFilter(StringConditions.builder().allowlist(List.of("paid", "refunded")).build()),
                "total", SubscriptionFilter.numericFilter(NumericConditions.builder().greaterThanOrEqualTo(1).build()))))
            .build());
        final WorkQueue warehouse = orders.addQueue("Warehouse", FanOutQueueProps.builder()
            .rawMessageDelivery(true)
            .visibilityTimeout(Duration.minutes(5))
            .filterPolicy(FilterPolicy.onBody(Map.of(
                "shipping", FilterOrPolicy.policy(Map.of(
                    "country", FilterOrPolicy.filter(SubscriptionFilter.stringFilter(StringConditions.builder().allowlist(List.of("DE", "FR")).build())),
                    "express", FilterOrPolicy.filter(SubscriptionFilter.existsFilter()))))))
            .build());
        final SharedDeadLetterQueue shared = SharedDeadLetterQueue.Builder.create(stack, "SharedDeadLetters").retention(Duration.days(12)).build();
        final WorkQueue audit = orders.addQueue("Audit", FanOutQueueProps.builder()
            .deadLetters(DeadLetters.shared(shared, 10))
            .subscriptionDeadLetters(SubscriptionDeadLetters.dedicated())
            .retention(Duration.days(10))
            .build());
        final Queue legacy = Queue.Builder.create(stack, "Legacy").enforceSsl(true).build();
        orders.addSubscription(QueueSubscription.Builder.create(legacy)
            .rawMessageDelivery(true)
            .subscriptionDeadLetters(SubscriptionDeadLetters.existing(shared))
            .build());
        final Function notifier = Function.Builder.create(stack, "Notifier")
            .runtime(Runtime.NODEJS_24_X)
            .handler("index.handler")
            .code(Code.fromInline("exports.handler = async () => {};"))
            .build();
        orders.addSubscription(new LambdaSubscription(notifier));
        final EmailSubscription email = new EmailSubscription("orders@example.com");
        orders.addSubscription(SubscriptionDeadLetters.none("every order is in the audit queue").applyTo(email));

        // The ledger: in order, with an archive.
        final FifoFanOut ledger = FifoFanOut.Builder.create(stack, "Ledger")
            .deduplication(Deduplication.CONTENT_BASED)
            .throughput(FifoThroughput.STANDARD)
            .archiveRetention(Duration.days(30))
            .build();
        final WorkQueue balances = ledger.addQueue("Balances", FifoFanOutQueueProps.builder().visibilityTimeout(Duration.minutes(1)).build());
        final WorkQueue statements = ledger.addQueue("Statements", FifoFanOutQueueProps.builder()
            .replay(Replay.since(Instant.parse("2026-01-31T00:00:00Z")))
            .build());
        final WorkQueue search = ledger.addQueue("Search", FifoFanOutQueueProps.builder()
            .ordering(Ordering.standard())
            .rawMessageDelivery(true)
            .build());

        // Queues that AWS services send to.
        final Bucket uploads = Bucket.Builder.create(stack, "Uploads").enforceSsl(true).build();
        final WorkQueue pictures = WorkQueue.Builder.create(stack, "Pictures").visibilityTimeout(Duration.minutes(10)).encryption(encryption).build();
        uploads.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(pictures), NotificationKeyFilter.builder().prefix("pictures/").build());
        final WorkQueue reports = WorkQueue.Builder.create(stack, "Reports").deadLetters(DeadLetters.none("the next night brings another")).build();
        Rule.Builder.create(stack, "EveryNight")
            .schedule(Schedule.cron(CronOptions.builder().hour("3").minute("0").build()))
            .targets(List.of(new SqsQueue(reports)))
            .build();
        final WorkQueue rejected = WorkQueue.Builder.create(stack, "RejectedProfiles").maxMessageSize(Size.kibibytes(64)).build();
        rejected.allowService(ServiceSource.of(CustomServiceSourceOptions.builder()
            .service("profile.amazonaws.com")
            .sourceArn("arn:aws:profile:eu-west-1:111122223333:domains/customers")
            .build()));
        final WorkQueue payments = WorkQueue.Builder.create(stack, "Payments")
            .ordering(Ordering.fifo(FifoOrderingOptions.builder().deduplication(Deduplication.EXPLICIT).throughput(FifoThroughput.HIGH).build()))
            .encryption(Encryption.customerManaged())
            .dataKeyReuse(Duration.minutes(10))
            .deliveryDelay(Duration.seconds(5))
            .receiveMessageWaitTime(Duration.seconds(10))
            .build();

        // Workers, which scale from zero and by the backlog.
        final Vpc vpc = Vpc.Builder.create(stack, "Network").maxAzs(2).natGateways(1).restrictDefaultSecurityGroup(false).build();
        final Ec2Workers resizers = Ec2Workers.Builder.create(stack, "Resizers")
            .vpc(vpc)
            .queue(pictures)
            .scaling(QueueScaling.onLatency(LatencyScalingProps.builder()
                .acceptable(Duration.minutes(5))
                .processingTime(Duration.seconds(40))
                .max(10)
                .idleTime(Duration.minutes(30))
                .build()))
            .inFlight(InFlightProtection.lifecycleHook(TerminationHookOptions.builder().timeout(Duration.minutes(20)).build()))
            .instanceTypes(List.of(new InstanceType("c7g.large"), new InstanceType("m7g.large")))
            .purchasing(Purchasing.spot(SpotPurchasingProps.builder().onDemandBase(1).onDemandPercentage(20).build()))
            .rootVolumeSize(Size.gibibytes(30))
            .command(WorkerCommand.shell("/opt/resize", ShellCommandOptions.builder()
                .setup("dnf install -y ImageMagick")
                .timeout(Duration.minutes(4))
                .concurrency(2)
                .build()))
            .build();
        uploads.grantRead(resizers);
        resizers.getConnections().allowInternally(Port.tcp(9100));
        final UserData cashierScript = UserData.forLinux();
        cashierScript.addCommands("HOOK=" + InFlightProtection.HOOK_NAME + " QUEUE_URL=" + payments.getQueueUrl() + " /opt/cashier &");
        final Ec2Workers cashiers = Ec2Workers.Builder.create(stack, "Cashiers")
            .vpc(vpc)
            .queue(payments)
            .scaling(QueueScaling.onBacklog(BacklogScalingProps.builder().backlogPerWorker(25).min(1).max(4).cooldown(Duration.minutes(3)).build()))
            .inFlight(InFlightProtection.instanceProtection())
            .image(WorkerImage.amazonLinux2023(InstanceArchitecture.X86_64))
            .detailedMonitoring(true)
            .sessionManager(false)
            .userData(cashierScript)
            .build();

        // Clicks: from a data stream to a bucket, by page and customer, in Parquet.
        final Bucket accessLogs = Bucket.Builder.create(stack, "AccessLogs").enforceSsl(true).build();
        final Function tidy = Function.Builder.create(stack, "Tidy")
            .runtime(Runtime.NODEJS_24_X)
            .handler("index.handler")
            .timeout(Duration.minutes(1))
            .code(Code.fromInline("exports.handler = async ({ records }) => ({ records });"))
            .build();
        final FirehoseStream clicks = FirehoseStream.Builder.create(stack, "Clicks")
            .source(KinesisSource.create(KinesisSourceOptions.builder()
                .capacity(SourceCapacity.provisioned(2))
                .retention(Duration.days(3))
                .encryption(encryption)
                .build()))
            .destination(S3Destination.Builder.create()
                .bucket(DeliveryBucket.create(DeliveryBucketOptions.builder()
                    .encryption(encryption)
                    .serverAccessLogs(ServerAccessLogs.to(accessLogs, "clicks/"))
                    .lifecycleRules(List.of(LifecycleRule.builder().expiration(Duration.days(365)).build()))
                    .build()))
                .backup(SourceBackup.allRecords(SourceBackupOptions.builder().compression(Compression.SNAPPY).build()))
                .transform(RecordTransform.builder()
                    .handler(tidy)
                    .retries(2)
                    .buffering(Buffering.builder().interval(Duration.seconds(90)).size(Size.mebibytes(2)).build())
                    .build())
                .partitioning(DynamicPartitioning.fromQuery(Map.of("page", ".page", "customer", ".customer")))
                .conversion(RecordConversion.toParquet(ParquetConversionOptions.builder()
                    .schema(GlueTableSchema.builder().databaseName("web").tableName("clicks").build())
                    .build()))
                .timeZone(TimeZone.EUROPE_BERLIN)
                .build())
            .logging(DeliveryLogging.create(LogGroupOptions.builder().retention(RetentionDays.ONE_WEEK).build()))
            .build();

        // Sales: put directly, and sent to an endpoint outside of AWS.
        final Secret collectorKey = Secret.Builder.create(stack, "CollectorKey")
            .generateSecretString(SecretStringGenerator.builder().secretStringTemplate("{}").generateStringKey("api_key").build())
            .build();
        final HttpEndpointDestination collector = HttpEndpointDestination.Builder.create()
            .url("https://collector.example.com/sales")
            .name("collector")
            .accessKey(collectorKey)
            .buffering(Buffering.builder().interval(Duration.seconds(30)).size(Size.mebibytes(1)).build())
            .contentEncoding(HttpContentEncoding.GZIP)
            .retryDuration(Duration.minutes(30))
            .commonAttributes(Map.of("site", "shop", "country", "DE", "stage", "live"))
            .backup(HttpEndpointBackup.allRecords(AllRecordsBackupOptions.builder()
                .bucket(DeliveryBucket.existing(uploads))
                .prefix("sales/")
                .build()))
            .build();
        final FirehoseStream sales = FirehoseStream.Builder.create(stack, "Sales")
            .source(DirectPut.Builder.create().encryption(Encryption.customerManaged()).build())
            .destination(collector)
            .build();

        // The events of buckets, for queues that overlap: through EventBridge and through a topic.
        final Bucket photos = Bucket.Builder.create(stack, "Photos").enforceSsl(true).build();
        final BucketEventFanOut photoEvents = BucketEventFanOut.Builder.create(stack, "PhotoEvents").bucket(photos).build();
        final WorkQueue thumbnails = photoEvents.addQueue("Thumbnails", BucketEventQueueProps.builder()
            .objects(List.of(
                NotificationKeyFilter.builder().prefix("raw/").suffix(".jpg").build(),
                NotificationKeyFilter.builder().prefix("raw/").suffix(".png").build()))
            .visibilityTimeout(Duration.minutes(3))
            .build());
        final WorkQueue catalog = WorkQueue.Builder.create(stack, "Catalog").build();
        photoEvents.addExistingQueue(catalog, BucketEventOptions.builder()
            .events(List.of(EventType.OBJECT_CREATED_PUT, EventType.OBJECT_REMOVED))
            .subscriptionDeadLetters(SubscriptionDeadLetters.dedicated())
            .build());
        final BucketEventFanOut removals = BucketEventFanOut.Builder.create(stack, "Removals")
            .bucket(uploads)
            .route(BucketEventRoute.topic(FanOutProps.builder().encryption(encryption).displayName("Removals").build()))
            .build();
        final WorkQueue removed = removals.addQueue("Cleanup", BucketEventQueueProps.builder()
            .events(List.of(EventType.OBJECT_REMOVED))
            .objects(List.of(NotificationKeyFilter.builder().prefix("pictures/").build()))
            .build());

        // Subscribers of the orders in stacks of their own.
        final SubscriberStacks tenants = SubscriberStacks.Builder.create(stack, "Tenants")
            .topic(orders)
            .stackCount(2)
            .stackProps(StackProps.builder().synthesizer(new BootstraplessSynthesizer()).build())
            .build();
        for (final String tenant : List.of("tenant-1", "tenant-2", "tenant-3")) {
            tenants.addQueue(tenant, SubscriberQueueProps.builder().rawMessageDelivery(true).build());
        }

        // Large payloads through a bucket.
        final WorkQueue documents = WorkQueue.Builder.create(stack, "Documents")
            .encryption(encryption)
            .largePayloads(LargePayloads.dedicated(DedicatedPayloadOptions.builder().expiration(Duration.days(60)).build()))
            .build();
        documents.allowService(ServiceSource.bucket(accessLogs));
        final WorkQueue contracts = WorkQueue.Builder.create(stack, "Contracts").largePayloads(LargePayloads.existing(uploads, "contracts/")).build();

        // Workers of the other kinds, with their options.
        final Secret archivePassword = new Secret(stack, "ArchivePassword");
        final FargateWorkers archivers = FargateWorkers.Builder.create(stack, "Archivers")
            .vpc(vpc)
            .queue(catalog)
            .command(WorkerCommand.container(ContainerImage.fromRegistry("public.ecr.aws/shop/archiver:1"), ContainerCommandOptions.builder()
                .command(List.of("archive", "--follow"))
                .environment(Map.of("LEVEL", "info"))
                .secrets(Map.of("PASSWORD", software.amazon.awscdk.services.ecs.Secret.fromSecretsManager(archivePassword)))
                .build()))
            .scaling(QueueScaling.onBacklog(BacklogScalingProps.builder().backlogPerWorker(50).max(6).build()))
            .cpu(1024)
            .memory(Size.gibibytes(4))
            .architecture(CpuArchitecture.X86_64)
            .purchasing(Purchasing.spot(SpotPurchasingProps.builder().onDemandBase(1).onDemandPercentage(25).build()))
            .inFlight(TaskProtection.none("a picture can be archived twice"))
            .stopTimeout(Duration.minutes(1))
            .build();
        photos.grantRead(archivers);
        final FunctionWorker indexer = FunctionWorker.Builder.create(stack, "Indexer")
            .source(FunctionSource.queue(thumbnails, QueueSourceOptions.builder()
                .batchSize(100)
                .maxBatchingWindow(Duration.seconds(20))
                .concurrency(FunctionConcurrency.maximum(5))
                .filters(List.of(FilterCriteria.filter(Map.of("body", Map.of("size", FilterRule.exists())))))
                .build()))
            .function(WorkerFunction.create(FunctionProps.builder()
                .runtime(Runtime.NODEJS_24_X)
                .handler("index.handler")
                .timeout(Duration.seconds(20))
                .memorySize(256)
                .code(Code.fromInline("exports.handler = async () => ({ batchItemFailures: [] });"))
                .build()))
            .build();
        photos.grantRead(indexer);
        final FunctionWorker cleaner = FunctionWorker.Builder.create(stack, "Cleaner")
            .source(FunctionSource.queue(removed, QueueSourceOptions.builder()
                .concurrency(FunctionConcurrency.provisionedPollers(ProvisionedPollersOptions.builder().minimumPollers(2).maximumPollers(20).build()))
                .reportBatchItemFailures(false)
                .build()))
            .function(WorkerFunction.existing(notifier))
            .build();

        // The same work by workers of each kind: one line changes, which kinds.test.ts compares.
        final QueueScaling mailScaling = QueueScaling.onLatency(LatencyScalingProps.builder()
            .acceptable(Duration.minutes(2))
            .processingTime(Duration.millis(500))
            .max(8)
            .build());
        final ContainerCommand mailCommand = WorkerCommand.container(ContainerImage.fromRegistry("public.ecr.aws/shop/mailer:1"));
        final WorkerFunction mailFunction = WorkerFunction.create(FunctionProps.builder()
            .runtime(Runtime.NODEJS_24_X)
            .handler("index.handler")
            .timeout(Duration.seconds(30))
            .code(Code.fromInline("exports.handler = async () => ({ batchItemFailures: [] });"))
            .build());
        final Consumer<Construct> mailsOnEc2 = scope -> {
            final WorkQueue mails = WorkQueue.Builder.create(scope, "Mails").encryption(encryption).build();
            orders.addSubscription(QueueSubscription.Builder.create(mails).build());
            final Ec2Workers mailers = Ec2Workers.Builder.create(scope, "Mailers").queue(mails).vpc(vpc).command(mailCommand).scaling(mailScaling).build();
            uploads.grantRead(mailers);
        };
        final Consumer<Construct> mailsOnFargate = scope -> {
            final WorkQueue mails = WorkQueue.Builder.create(scope, "Mails").encryption(encryption).build();
            orders.addSubscription(QueueSubscription.Builder.create(mails).build());
            final FargateWorkers mailers = FargateWorkers.Builder.create(scope, "Mailers").queue(mails).vpc(vpc).command(mailCommand).scaling(mailScaling).build();
            uploads.grantRead(mailers);
        };
        final Consumer<Construct> mailsOnLambda = scope -> {
            final WorkQueue mails = WorkQueue.Builder.create(scope, "Mails").encryption(encryption).build();
            orders.addSubscription(QueueSubscription.Builder.create(mails).build());
            final FunctionWorker mailers = FunctionWorker.Builder.create(scope, "Mailers").source(FunctionSource.queue(mails)).function(mailFunction).build();
            uploads.grantRead(mailers);
        };
        mailsOnEc2.accept(new Construct(stack, "MailsOnEc2"));
        mailsOnFargate.accept(new Construct(stack, "MailsOnFargate"));
        mailsOnLambda.accept(new Construct(stack, "MailsOnLambda"));

        // Requests, with durable and with temporary reply queues.
        final RequestResponse prices = RequestResponse.Builder.create(stack, "Prices")
            .requests(WorkQueueProps.builder().visibilityTimeout(Duration.minutes(1)).build())
            .replies(ReplyQueues.durable(DurableReplyQueuesOptions.builder().retention(Duration.hours(1)).build()))
            .build();
        final ReplyQueue storefront = prices.addRequester("Storefront");
        final RequestResponse quotes = RequestResponse.Builder.create(stack, "Quotes")
            .replies(ReplyQueues.temporary(TemporaryReplyQueuesOptions.builder()
                .orphanedAfter(Duration.hours(2))
                .sweepInterval(Duration.minutes(30))
                .logRetention(RetentionDays.ONE_WEEK)
                .build()))
            .build();

        // Who may do what.
        final Role website = service("Website");
        orders.grantPublish(website);
        ledger.grantPublish(website);
        payments.grantSendMessages(website);
        documents.grantSendMessages(website);
        contracts.grantSendMessages(website);
        storefront.grantRequest(website);
        quotes.grantRequest(website);
        clicks.grantWrite(website);
        sales.grantPutRecords(website);
        sales.grant(website, "firehose:DescribeDeliveryStream", "firehose:ListTagsForDeliveryStream");
        final Role office = service("Office");
        for (final WorkQueue queue : List.of(billing, warehouse, audit, balances, statements, search, reports, rejected, thumbnails, catalog, documents)) {
            queue.grantConsumeMessages(office);
        }
        prices.grantRespond(office);
        quotes.grantRespond(office);
        final Role operator = service("Operator");
        payments.grantRedrive(operator);
        billing.grantConsumeDeadLetters(operator);

        // Alarms, which notify a topic with a customer key.
        final FanOut incidents = FanOut.Builder.create(stack, "Incidents").encryption(encryption).build();
        incidents.allowService(ServiceSource.alarms());
        incidents.allowService(ServiceSource.databaseEvents());
        incidents.addQueue("Pager");
        alarm(incidents, "BillingDeadLetters", billing.metricDeadLetters(), 0);
        alarm(incidents, "SharedDeadLettersAlarm", shared.metricDeadLetters(MetricOptions.builder().period(Duration.minutes(15)).build()), 0);
        alarm(incidents, "PaymentsBacklog", payments.metricBacklog(MathExpressionOptions.builder().label("Payments that wait").build()), 1000);
        alarm(incidents, "ResizersBacklog", resizers.metricBacklogPerWorker(), 30);
        alarm(incidents, "CashiersInService", cashiers.metricInServiceInstances(), 3);
        alarm(incidents, "ArchiversRunning", archivers.metricRunningTasks(), 5);
        alarm(incidents, "IndexerErrors", indexer.metricErrors(), 0);
        alarm(incidents, "CleanerThrottles", cleaner.metricThrottles(MetricOptions.builder().label("Removals that wait").build()), 10);
        alarm(incidents, "ClicksFreshness", clicks.metricDataFreshness(), 900);
        alarm(incidents, "SalesFreshness", collector.metricDataFreshness(sales), 900);
        alarm(incidents, "SweeperErrors", quotes.metricSweeperErrors(), 0);
    }

    private void alarm(final FanOut incidents, final String id, final IMetric metric, final int threshold) {
        final Alarm alarm = Alarm.Builder.create(stack, id)
            .metric(metric)
            .threshold(threshold)
            .comparisonOperator(ComparisonOperator.GREATER_THAN_THRESHOLD)
            .evaluationPeriods(1)
            .build();
        alarm.addAlarmAction(new SnsAction(incidents));
    }
}
