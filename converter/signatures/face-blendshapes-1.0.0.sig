{"key": "44a5f293331e11b6", "signature": "szoBqfKdDTW7X+djCRQlHV8p3ABU8kiqC5SJvJOJkxtP+PodVvn3LrUM+g5F1AYEbFqYrBttbWoH4qL0iODJAQ=="}
