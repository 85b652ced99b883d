"""«Распределение заказов»: the policy of orders as a form, its drawing, its trial, its versions."""
