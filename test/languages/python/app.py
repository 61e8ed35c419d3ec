from datetime import datetime, timezone

from aws_cdk import App, BootstraplessSynthesizer, Duration, Size, Stack, StackProps, TimeZone
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from cdk_decouple import access, delivery, fanout, queues, workers
from constructs import Construct

# The same app as in the folders beside this one; scripts/languages.ts compares the templates.
app = App()
stack = Stack(
    app,
    "Shop",
    description="A shop: orders, payments, pictures and clicks",
    synthesizer=BootstraplessSynthesizer(),
)


def service(id: str) -> iam.Role:
    return iam.Role(stack, id, assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))


key = kms.Key(stack, "Key", enable_key_rotation=True)
encryption = access.Encryption.customer_managed(key)

# Orders: one topic, and subscribers of every kind.
orders = fanout.FanOut(
    stack,
    "Orders",
    display_name="Orders",
    encryption=encryption,
    tracing_config=sns.TracingConfig.ACTIVE,
)
billing = orders.add_queue(
    "Billing",
    encryption=encryption,
    dead_letters=queues.DeadLetters.dedicated(max_receive_count=3, retention=Duration.days(10)),
    filter_policy=fanout.FilterPolicy.on_attributes({
        "kind": sns.SubscriptionFilter.string_filter(allowlist=["paid", "refunded"]),
        "total": sns.SubscriptionFilter.numeric_filter(greater_than_or_equal_to=1),
    }),
)
warehouse = orders.add_queue(
    "Warehouse",
    raw_message_delivery=True,
    visibility_timeout=Duration.minutes(5),
    filter_policy=fanout.FilterPolicy.on_body({
        "shipping": sns.FilterOrPolicy.policy({
            "country": sns.FilterOrPolicy.filter(sns.SubscriptionFilter.string_filter(allowlist=["DE", "FR"])),
            "express": sns.FilterOrPolicy.filter(sns.SubscriptionFilter.exists_filter()),
        }),
    }),
)
shared = queues.SharedDeadLetterQueue(stack, "SharedDeadLetters", retention=Duration.days(12))
audit = orders.add_queue(
    "Audit",
    dead_letters=queues.DeadLetters.shared(shared, 10),
    subscription_dead_letters=fanout.SubscriptionDeadLetters.dedicated(),
    retention=Duration.days(10),
)
legacy = sqs.Queue(stack, "Legacy", enforce_ssl=True)
orders.add_subscription(fanout.QueueSubscription(
    legacy,
    raw_message_delivery=True,
    subscription_dead_letters=fanout.SubscriptionDeadLetters.existing(shared),
))
notifier = lambda_.Function(
    stack,
    "Notifier",
    runtime=lambda_.Runtime.NODEJS_24_X,
    handler="index.handler",
    code=lambda_.Code.from_inline("exports.handler = async () => {};"),
)
orders.add_subscription(subscriptions.LambdaSubscription(notifier))
email = subscriptions.EmailSubscription("orders@example.com")
orders.add_subscription(fanout.SubscriptionDeadLetters.none("every order is in the audit queue").apply_to(email))

# The ledger: in order, with an archive.
ledger = fanout.FifoFanOut(
    stack,
    "Ledger",
    deduplication=queues.Deduplication.CONTENT_BASED,
    throughput=queues.FifoThroughput.STANDARD,
    archive_retention=Duration.days(30),
)
balances = ledger.add_queue("Balances", visibility_timeout=Duration.minutes(1))
statements = ledger.add_queue("Statements", replay=fanout.Replay.since(datetime(2026, 1, 31, tzinfo=timezone.utc)))
search = ledger.add_queue("Search", ordering=queues.Ordering.standard(), raw_message_delivery=True)

# Queues that AWS services send to.
uploads = s3.Bucket(stack, "Uploads", enforce_ssl=True)
pictures = queues.WorkQueue(stack, "Pictures", visibility_timeout=Duration.minutes(10), encryption=encryption)
uploads.add_event_notification(
    s3.EventType.OBJECT_CREATED,
    notifications.SqsDestination(pictures),
    s3.NotificationKeyFilter(prefix="pictures/"),
)
reports = queues.WorkQueue(stack, "Reports", dead_letters=queues.DeadLetters.none("the next night brings another"))
events.Rule(
    stack,
    "EveryNight",
    schedule=events.Schedule.cron(hour="3", minute="0"),
    targets=[targets.SqsQueue(reports)],
)
rejected = queues.WorkQueue(stack, "RejectedProfiles", max_message_size=Size.kibibytes(64))
rejected.allow_service(access.ServiceSource.of(
    service="profile.amazonaws.com",
    source_arn="arn:aws:profile:eu-west-1:111122223333:domains/customers",
))
payments = queues.WorkQueue(
    stack,
    "Payments",
    ordering=queues.Ordering.fifo(
        deduplication=queues.Deduplication.EXPLICIT,
        throughput=queues.FifoThroughput.HIGH,
    ),
    encryption=access.Encryption.customer_managed(),
    data_key_reuse=Duration.minutes(10),
    delivery_delay=Duration.seconds(5),
    receive_message_wait_time=Duration.seconds(10),
)

# Workers, which scale from zero and by the backlog.
vpc = ec2.Vpc(stack, "Network", max_azs=2, nat_gateways=1, restrict_default_security_group=False)
resizers = workers.Ec2Workers(
    stack,
    "Resizers",
    vpc=vpc,
    queue=pictures,
    scaling=workers.QueueScaling.on_latency(
        acceptable=Duration.minutes(5),
        processing_time=Duration.seconds(40),
        max=10,
        idle_time=Duration.minutes(30),
    ),
    in_flight=workers.InFlightProtection.lifecycle_hook(timeout=Duration.minutes(20)),
    instance_types=[ec2.InstanceType("c7g.large"), ec2.InstanceType("m7g.large")],
    purchasing=workers.Purchasing.spot(on_demand_base=1, on_demand_percentage=20),
    root_volume_size=Size.gibibytes(30),
    command=workers.WorkerCommand.shell(
        "/opt/resize",
        setup="dnf install -y ImageMagick",
        timeout=Duration.minutes(4),
        concurrency=2,
    ),
)
uploads.grant_read(resizers)
resizers.connections.allow_internally(ec2.Port.tcp(9100))
cashier_script = ec2.UserData.for_linux()
cashier_script.add_commands(
    f"HOOK={workers.InFlightProtection.HOOK_NAME} QUEUE_URL={payments.queue_url} /opt/cashier &",
)
cashiers = workers.Ec2Workers(
    stack,
    "Cashiers",
    vpc=vpc,
    queue=payments,
    scaling=workers.QueueScaling.on_backlog(backlog_per_worker=25, min=1, max=4, cooldown=Duration.minutes(3)),
    in_flight=workers.InFlightProtection.instance_protection(),
    image=workers.WorkerImage.amazon_linux2023(ec2.InstanceArchitecture.X86_64),
    detailed_monitoring=True,
    session_manager=False,
    user_data=cashier_script,
)

# Clicks: from a data stream to a bucket, by page and customer, in Parquet.
access_logs = s3.Bucket(stack, "AccessLogs", enforce_ssl=True)
tidy = lambda_.Function(
    stack,
    "Tidy",
    runtime=lambda_.Runtime.NODEJS_24_X,
    handler="index.handler",
    timeout=Duration.minutes(1),
    code=lambda_.Code.from_inline("exports.handler = async ({ records }) => ({ records });"),
)
clicks = delivery.FirehoseStream(
    stack,
    "Clicks",
    source=delivery.KinesisSource.create(
        capacity=delivery.SourceCapacity.provisioned(2),
        retention=Duration.days(3),
        encryption=encryption,
    ),
    destination=delivery.S3Destination(
        bucket=delivery.DeliveryBucket.create(
            encryption=encryption,
            server_access_logs=delivery.ServerAccessLogs.to(access_logs, "clicks/"),
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(365))],
        ),
        backup=delivery.SourceBackup.all_records(compression=firehose.Compression.SNAPPY),
        transform=delivery.RecordTransform(
            handler=tidy,
            retries=2,
            buffering=delivery.Buffering(interval=Duration.seconds(90), size=Size.mebibytes(2)),
        ),
        partitioning=delivery.DynamicPartitioning.from_query({"page": ".page", "customer": ".customer"}),
        conversion=delivery.RecordConversion.to_parquet(
            schema=delivery.GlueTableSchema(database_name="web", table_name="clicks"),
        ),
        time_zone=TimeZone.EUROPE_BERLIN,
    ),
    logging=delivery.DeliveryLogging.create(retention=logs.RetentionDays.ONE_WEEK),
)

# Sales: put directly, and sent to an endpoint outside of AWS.
collector_key = secretsmanager.Secret(
    stack,
    "CollectorKey",
    generate_secret_string=secretsmanager.SecretStringGenerator(
        secret_string_template="{}",
        generate_string_key="api_key",
    ),
)
collector = delivery.HttpEndpointDestination(
    url="https://collector.example.com/sales",
    name="collector",
    access_key=collector_key,
    buffering=delivery.Buffering(interval=Duration.seconds(30), size=Size.mebibytes(1)),
    content_encoding=delivery.HttpContentEncoding.GZIP,
    retry_duration=Duration.minutes(30),
    common_attributes={"site": "shop", "country": "DE", "stage": "live"},
    backup=delivery.HttpEndpointBackup.all_records(
        bucket=delivery.DeliveryBucket.existing(uploads),
        prefix="sales/",
    ),
)
sales = delivery.FirehoseStream(
    stack,
    "Sales",
    source=delivery.DirectPut(encryption=access.Encryption.customer_managed()),
    destination=collector,
)

# The events of buckets, for queues that overlap: through EventBridge and through a topic.
photos = s3.Bucket(stack, "Photos", enforce_ssl=True)
photo_events = fanout.BucketEventFanOut(stack, "PhotoEvents", bucket=photos)
thumbnails = photo_events.add_queue(
    "Thumbnails",
    objects=[
        s3.NotificationKeyFilter(prefix="raw/", suffix=".jpg"),
        s3.NotificationKeyFilter(prefix="raw/", suffix=".png"),
    ],
    visibility_timeout=Duration.minutes(3),
)
catalog = queues.WorkQueue(stack, "Catalog")
photo_events.add_existing_queue(
    catalog,
    events=[s3.EventType.OBJECT_CREATED_PUT, s3.EventType.OBJECT_REMOVED],
    subscription_dead_letters=fanout.SubscriptionDeadLetters.dedicated(),
)
removals = fanout.BucketEventFanOut(
    stack,
    "Removals",
    bucket=uploads,
    route=fanout.BucketEventRoute.topic(encryption=encryption, display_name="Removals"),
)
removed = removals.add_queue(
    "Cleanup",
    events=[s3.EventType.OBJECT_REMOVED],
    objects=[s3.NotificationKeyFilter(prefix="pictures/")],
)

# Subscribers of the orders in stacks of their own.
tenants = fanout.SubscriberStacks(
    stack,
    "Tenants",
    topic=orders,
    stack_count=2,
    stack_props=StackProps(synthesizer=BootstraplessSynthesizer()),
)
for tenant in ["tenant-1", "tenant-2", "tenant-3"]:
    tenants.add_queue(tenant, raw_message_delivery=True)

# Large payloads through a bucket.
documents = queues.WorkQueue(
    stack,
    "Documents",
    encryption=encryption,
    large_payloads=queues.LargePayloads.dedicated(expiration=Duration.days(60)),
)
documents.allow_service(access.ServiceSource.bucket(access_logs))
contracts = queues.WorkQueue(
    stack,
    "Contracts",
    large_payloads=queues.LargePayloads.existing(uploads, "contracts/"),
)

# Workers of the other kinds, with their options.
archive_password = secretsmanager.Secret(stack, "ArchivePassword")
archivers = workers.FargateWorkers(
    stack,
    "Archivers",
    vpc=vpc,
    queue=catalog,
    command=workers.WorkerCommand.container(
        ecs.ContainerImage.from_registry("public.ecr.aws/shop/archiver:1"),
        command=["archive", "--follow"],
        environment={"LEVEL": "info"},
        secrets={"PASSWORD": ecs.Secret.from_secrets_manager(archive_password)},
    ),
    scaling=workers.QueueScaling.on_backlog(backlog_per_worker=50, max=6),
    cpu=1024,
    memory=Size.gibibytes(4),
    architecture=ecs.CpuArchitecture.X86_64,
    purchasing=workers.Purchasing.spot(on_demand_base=1, on_demand_percentage=25),
    in_flight=workers.TaskProtection.none("a picture can be archived twice"),
    stop_timeout=Duration.minutes(1),
)
photos.grant_read(archivers)
indexer = workers.FunctionWorker(
    stack,
    "Indexer",
    source=workers.FunctionSource.queue(
        thumbnails,
        batch_size=100,
        max_batching_window=Duration.seconds(20),
        concurrency=workers.FunctionConcurrency.maximum(5),
        filters=[lambda_.FilterCriteria.filter({"body": {"size": lambda_.FilterRule.exists()}})],
    ),
    function=workers.WorkerFunction.create(
        runtime=lambda_.Runtime.NODEJS_24_X,
        handler="index.handler",
        timeout=Duration.seconds(20),
        memory_size=256,
        code=lambda_.Code.from_inline("exports.handler = async () => ({ batchItemFailures: [] });"),
    ),
)
photos.grant_read(indexer)
cleaner = workers.FunctionWorker(
    stack,
    "Cleaner",
    source=workers.FunctionSource.queue(
        removed,
        concurrency=workers.FunctionConcurrency.provisioned_pollers(minimum_pollers=2, maximum_pollers=20),
        report_batch_item_failures=False,
    ),
    function=workers.WorkerFunction.existing(notifier),
)

# The same work by workers of each kind: one line changes, which kinds.test.ts compares.
mail_scaling = workers.QueueScaling.on_latency(
    acceptable=Duration.minutes(2),
    processing_time=Duration.millis(500),
    max=8,
)
mail_command = workers.WorkerCommand.container(ecs.ContainerImage.from_registry("public.ecr.aws/shop/mailer:1"))
mail_function = workers.WorkerFunction.create(
    runtime=lambda_.Runtime.NODEJS_24_X,
    handler="index.handler",
    timeout=Duration.seconds(30),
    code=lambda_.Code.from_inline("exports.handler = async () => ({ batchItemFailures: [] });"),
)


def mails_on_ec2(scope: Construct) -> None:
    mails = queues.WorkQueue(scope, "Mails", encryption=encryption)
    orders.add_subscription(fanout.QueueSubscription(mails))
    mailers = workers.Ec2Workers(scope, "Mailers", queue=mails, vpc=vpc, command=mail_command, scaling=mail_scaling)
    uploads.grant_read(mailers)


def mails_on_fargate(scope: Construct) -> None:
    mails = queues.WorkQueue(scope, "Mails", encryption=encryption)
    orders.add_subscription(fanout.QueueSubscription(mails))
    mailers = workers.FargateWorkers(scope, "Mailers", queue=mails, vpc=vpc, command=mail_command, scaling=mail_scaling)
    uploads.grant_read(mailers)


def mails_on_lambda(scope: Construct) -> None:
    mails = queues.WorkQueue(scope, "Mails", encryption=encryption)
    orders.add_subscription(fanout.QueueSubscription(mails))
    mailers = workers.FunctionWorker(scope, "Mailers", source=workers.FunctionSource.queue(mails), function=mail_function)
    uploads.grant_read(mailers)


mails_on_ec2(Construct(stack, "MailsOnEc2"))
mails_on_fargate(Construct(stack, "MailsOnFargate"))
mails_on_lambda(Construct(stack, "MailsOnLambda"))

# Requests, with durable and with temporary reply queues.
prices = queues.RequestResponse(
    stack,
    "Prices",
    requests=queues.WorkQueueProps(visibility_timeout=Duration.minutes(1)),
    replies=queues.ReplyQueues.durable(retention=Duration.hours(1)),
)
storefront = prices.add_requester("Storefront")
quotes = queues.RequestResponse(
    stack,
    "Quotes",
    replies=queues.ReplyQueues.temporary(
        orphaned_after=Duration.hours(2),
        sweep_interval=Duration.minutes(30),
        log_retention=logs.RetentionDays.ONE_WEEK,
    ),
)

# Who may do what.
website = service("Website")
orders.grant_publish(website)
ledger.grant_publish(website)
payments.grant_send_messages(website)
documents.grant_send_messages(website)
contracts.grant_send_messages(website)
storefront.grant_request(website)
quotes.grant_request(website)
clicks.grant_write(website)
sales.grant_put_records(website)
sales.grant(website, "firehose:DescribeDeliveryStream", "firehose:ListTagsForDeliveryStream")
office = service("Office")
for queue in [
    billing, warehouse, audit, balances, statements, search, reports, rejected, thumbnails, catalog, documents,
]:
    queue.grant_consume_messages(office)
prices.grant_respond(office)
quotes.grant_respond(office)
operator = service("Operator")
payments.grant_redrive(operator)
billing.grant_consume_dead_letters(operator)

# Alarms, which notify a topic with a customer key.
incidents = fanout.FanOut(stack, "Incidents", encryption=encryption)
incidents.allow_service(access.ServiceSource.alarms())
incidents.allow_service(access.ServiceSource.database_events())
incidents.add_queue("Pager")


def alarm(id: str, metric: cloudwatch.IMetric, threshold: int) -> None:
    created = cloudwatch.Alarm(
        stack,
        id,
        metric=metric,
        threshold=threshold,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=1,
    )
    created.add_alarm_action(actions.SnsAction(incidents))


alarm("BillingDeadLetters", billing.metric_dead_letters(), 0)
alarm("SharedDeadLettersAlarm", shared.metric_dead_letters(period=Duration.minutes(15)), 0)
alarm("PaymentsBacklog", payments.metric_backlog(label="Payments that wait"), 1000)
alarm("ResizersBacklog", resizers.metric_backlog_per_worker(), 30)
alarm("CashiersInService", cashiers.metric_in_service_instances(), 3)
alarm("ArchiversRunning", archivers.metric_running_tasks(), 5)
alarm("IndexerErrors", indexer.metric_errors(), 0)
alarm("CleanerThrottles", cleaner.metric_throttles(label="Removals that wait"), 10)
alarm("ClicksFreshness", clicks.metric_data_freshness(), 900)
alarm("SalesFreshness", collector.metric_data_freshness(sales), 900)
alarm("SweeperErrors", quotes.metric_sweeper_errors(), 0)

app.synth()
