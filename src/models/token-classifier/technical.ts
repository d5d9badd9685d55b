/**
 * Names of formats, programs and methods that the model takes for names of people. Data only; plausible.ts reads it.
 * Those that are common first names as well (Julia, Pascal, Jasmine) are left out.
 */
export const TECHNICAL: ReadonlySet<string> = new Set(
  `json jsonl ndjson xml csv tsv yaml toml html xhtml css pdf sql jpeg png gif svg webp markdown parquet avro protobuf
  ascii unicode utf base64 latex docx xlsx zip gzip tar regex
  kubernetes docker podman helm jenkins grafana prometheus kafka redis postgres postgresql mysql mariadb sqlite mongodb
  cassandra elasticsearch kibana logstash rabbitmq celery airflow spark hadoop hive flink snowflake databricks
  apache nginx tomcat jetty caddy envoy istio consul vault nomad ansible terraform puppet vagrant
  excel outlook powerpoint sharepoint slack jira confluence trello notion asana figma zoom
  python ruby swift kotlin scala rust golang java javascript typescript perl haskell erlang elixir clojure fortran cobol
  django flask fastapi rails laravel symfony spring hibernate angular react svelte vue nuxt vite webpack babel rollup
  eslint prettier mocha chai jest vitest cypress playwright selenium sphinx pytest junit maven gradle npm pnpm yarn
  linux ubuntu debian fedora windows android macos ios chrome firefox safari edge
  git github gitlab bitbucket lambda bert lora qlora dora adam adamw relu gelu softmax transformer llama mistral gemma
  qwen claude gemini whisper onnx pytorch tensorflow keras numpy pandas jupyter
  oauth saml jwt tls ssl ssh http https rest graphql grpc websocket webhook bluetooth wifi ethernet`.split(
    /\s+/,
  ),
);
